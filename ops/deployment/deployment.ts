import * as z from 'zod';

/** A source as far as a Task names its tickets. */
export interface DeployedSource {
  readonly kind: string;
  readonly taskAttribute?: string | undefined;
}

/** One running crm-media-sync, as far as an operator's commands need it. */
export interface Deployment {
  /** For people, e.g. `stack dev`. */
  readonly name: string;
  /** An API key of the operator's. */
  readonly credentials: {
    readonly accountSid: string;
    readonly apiKey: string;
    readonly apiSecret: string;
  };
  readonly workspaceSid: string;
  /** Where TaskRouter's API is, e.g. `https://taskrouter.twilio.com`. */
  readonly taskRouterUrl: string;
  /** Where Twilio is to tell of TaskRouter's events. */
  readonly taskEventsUrl: string;
  /** By name. */
  readonly sources: Readonly<Record<string, DeployedSource>>;
}

/** The sources as a stack and the embedded world tell of them, each with more than is read here. */
export const DeployedSources = z.record(
  z.string(),
  z.object({ kind: z.string(), taskAttribute: z.string().optional() }),
);
