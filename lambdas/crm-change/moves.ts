import { versionBefore } from '../../shared/message/version-before.ts';
import { hasSid } from '../../shared/taskrouter/correlation.ts';
import type { NormalisedChange } from './sources/source.ts';
import type { Sids } from './twilio-sid.ts';

/** A ticket as an event leaves it, and the conversations that it was on before where that is told. */
export interface TicketState {
  readonly id: string;
  readonly version: bigint;
  readonly occurredAt: number;
  /** What was taken out of it or replaced: `{}` where that is not told; undefined where nothing was. */
  readonly from: Sids | undefined;
  /** What it has; undefined where it has none, or the event does not say. */
  readonly to: Sids | undefined;
  /** Whether it may have others, which the event does not tell. */
  readonly hasOthers?: boolean;
}

const less = (sids: Sids = {}, others: Sids = {}): Sids => {
  const known = Object.values(others);
  return Object.fromEntries(Object.entries(sids).filter(([, sid]) => !known.includes(sid)));
};

const change = (
  kind: NormalisedChange['kind'],
  { id, version, occurredAt }: TicketState,
  sids: Sids = {},
): NormalisedChange => ({ kind, id, version: String(version), occurredAt, sids });

/** The ticket is gone for good, from the conversations that the event names and from all others. */
export const changesOfRemoval = (state: TicketState): readonly NormalisedChange[] => {
  const sids = { ...state.from, ...state.to };
  // Two SIDs of one kind, an old and a new one, need a change each.
  const rest = less(state.from, sids);
  return [
    { ...change('removed', state, sids), alone: true },
    ...(hasSid(rest) ? [change('removed', state, rest)] : []),
  ];
};

/**
 * The ticket is there, and where the event tells all of its SIDs, on no other conversation than theirs.
 * Where it was on another it leaves that. With no SID left it is only on the Tasks that have its id in
 * an attribute. An event that says nothing of SIDs moves nothing.
 */
export const changesOfMove = (state: TicketState): readonly NormalisedChange[] => {
  const { from, to, hasOthers } = state;
  const left = less(from, to);
  const isAlone = (from !== undefined || to !== undefined) && !hasOthers;
  const removal = change('removed', state, left);
  return [
    // Both may come to one Task (by its own SID and its call's): there the link has to win.
    ...(hasSid(left) ? [{ ...removal, version: versionBefore(removal.version), moved: true }] : []),
    { ...change('present', state, to), ...(isAlone && { alone: true }) },
  ];
};

/** A ticket comes to wherever another one is, was, or belongs by its SIDs. */
export const changeInPlaceOf = (other: TicketState, id: string): NormalisedChange => ({
  ...change('present', { ...other, id }, other.to),
  inPlaceOf: other.id,
});

/** A ticket is gone for good, merged into another or with another id: that stands in its place. */
export const changesOfMerge = (gone: TicketState, into: string): readonly NormalisedChange[] => [
  ...changesOfRemoval(gone),
  changeInPlaceOf(gone, into),
];
