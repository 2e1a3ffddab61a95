import type { SourceOutcome } from '../outcome.ts';
import type { RawRequest } from '../raw-request.ts';
import type { Sids } from '../twilio-sid.ts';

/**
 * A change of one ticket in our words, whoever sent it. It says all that is known and not what
 * differs: a field that is absent (or null in the payload) was not said. What a delta takes away
 * from a conversation, e.g. its SID out of a ticket field, is a change of its own, `removed`.
 */
export interface NormalisedChange {
  /** Whether the ticket's link belongs on the conversation, or has to go from there. */
  readonly kind: 'present' | 'removed';
  /** A `TicketId`. */
  readonly id: string;
  /** A `Version`; always in the same unit for one source. */
  readonly version: string;
  /** When the CRM says it happened, in milliseconds since 1970. */
  readonly occurredAt: number;
  /** The conversation, as far as the payload names it. */
  readonly sids: Sids;
  /** The ticket's page and title, where the CRM sends them; checked before they are used. */
  readonly url?: string | undefined;
  readonly title?: string | undefined;
}

/** An event that is genuine and of no interest. `reason` is logged and answered: no payload in it. */
export interface IgnoredEvent {
  readonly kind: 'ignored';
  readonly reason: string;
}

/**
 * One kind of sender. Everything that is particular to it stands in its one file: how it signs,
 * what it sends, and what it makes of an answer. Events that come by a transport which vouches for
 * them (an EventBridge partner bus, say) use `normalise` alone.
 */
export interface Source {
  /** Headers without which nothing can be authenticated, in lower case. */
  readonly requiredHeaders: readonly string[];
  /** The status for each outcome, by the sender's rules for retries. */
  readonly statusOf: Readonly<Record<SourceOutcome, number>>;
  /** What `retry-after` says when we are unavailable. */
  readonly retryAfterSeconds: number;
  /**
   * Whether the request was signed with one of the secrets, and recently. `now` is in milliseconds.
   * @throws Unavailable when a secret is not one that this sender signs with.
   */
  authenticate(request: RawRequest, secrets: readonly string[], now: number): boolean;
  /**
   * What the payload says, in our words: nothing, one change or many.
   * @throws Refusal when it has not the shape that this sender gives it.
   */
  normalise(payload: unknown): readonly (NormalisedChange | IgnoredEvent)[];
}
