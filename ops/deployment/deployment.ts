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
}
