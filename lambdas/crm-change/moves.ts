import type { NormalisedChange } from './sources/source.ts';
import type { Sids } from './twilio-sid.ts';

/** A ticket as an event leaves it, and the conversation that it was on before where that is told. */
export interface TicketState {
  readonly id: string;
  readonly version: bigint;
  readonly occurredAt: number;
  readonly from: Sids | undefined;
  readonly to: Sids | undefined;
}

const isMove = ({ from, to }: TicketState): boolean =>
  from !== undefined && JSON.stringify(from) !== JSON.stringify(to);

const change = (
  kind: NormalisedChange['kind'],
  { id, occurredAt }: TicketState,
  version: bigint,
  sids: Sids = {},
): NormalisedChange => ({ kind, id, version: String(version), occurredAt, sids });

/** The ticket is gone from all conversations that the event names. */
export const changesOfRemoval = (state: TicketState): readonly NormalisedChange[] => [
  change('removed', state, state.version, state.to),
  ...(isMove(state) ? [change('removed', state, state.version, state.from)] : []),
];

/**
 * The ticket is on one conversation; where it was on another it leaves that. Where a SID was taken out
 * with no other in its place, it may still be on the Task that has the ticket's id in an attribute.
 */
export const changesOfMove = (state: TicketState): readonly NormalisedChange[] => {
  const { version, from, to } = state;
  if (!isMove(state)) return [change('present', state, version, to)];
  // Both may come to one Task (by its own SID and its call's): there the link has to win.
  const before = version > 0n ? version - 1n : version;
  return [change('removed', state, before, from), change('present', state, version, to)];
};
