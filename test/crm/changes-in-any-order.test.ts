import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesForRemoval, changesForUpdate, parseBatch } from '../../shared/crm/changes.ts';
import { SourceConfig } from '../../shared/crm/config.ts';
import type { Sids } from '../../shared/crm/parse/fields.ts';
import { toTicketChange } from '../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../shared/messages/message.ts';
import { applyChanges } from './apply-changes.ts';

const callSid = `CA${'1'.repeat(32)}`;
const conversationSid = `CH${'2'.repeat(32)}`;
const taskSid = `WT${'3'.repeat(32)}`;
const id = '4711';
const page = 'https://tickets.example.com/4711';

/** Three Tasks, each with the SIDs that a field of the ticket may name it by. */
const conversations = [
  { sid: `WT${'1'.repeat(32)}`, attributes: { call_sid: callSid }, sids: { callSid } },
  { sid: `WT${'2'.repeat(32)}`, attributes: { conversationSid }, sids: { conversationSid } },
  { sid: taskSid, attributes: {}, sids: { taskSid } },
] as const;

/** What happens to the ticket: its SID is set or taken out, something else changes, it is deleted. */
type Step = Sids | 'emptied' | 'touched' | 'deleted';

const anySids = fc.constantFrom<Sids>(...conversations.map(({ sids }) => sids));
const anyStep = fc.oneof(anySids, fc.constantFrom<Step>('emptied', 'touched'));
/** A ticket is made without a SID. */
const anyLife = fc.array(anyStep, { maxLength: 4 }).map((steps): Step[] => ['touched', ...steps]);
const anyNaming = fc.tuple(fc.boolean(), fc.boolean(), fc.boolean());

/** How a CRM reports a change: with the old SID or without, the whole ticket or a delta. */
interface Reporting {
  readonly hasOldSid: boolean;
  readonly isWhole: boolean;
}

const configOf = (taskAttribute?: string) =>
  SourceConfig.parse({
    kind: 'standard-webhooks',
    ticketUrl: 'https://tickets.example.com/{id}',
    secret: 'x',
    ...(taskAttribute && { taskAttribute }),
  });

const messagesOf = (
  life: readonly Step[],
  { hasOldSid, isWhole }: Reporting,
  config: SourceConfig,
): TicketChangeMessage[] => {
  const options = { now: () => 1 };
  let holds: Sids | undefined;
  const findings = life.flatMap((step, index) => {
    const held = holds;
    // Consecutive versions leave the least room.
    const moment = { id, version: BigInt(index + 1), occurredAt: index };
    const reported = isWhole ? held : undefined;
    if (step === 'deleted') return changesForRemoval({ ...moment, from: undefined, to: reported });
    if (step === 'touched') return changesForUpdate({ ...moment, from: undefined, to: reported });
    holds = step === 'emptied' ? undefined : step;
    return changesForUpdate({ ...moment, from: hasOldSid ? held : {}, to: holds });
  });
  return findings
    .map((finding) => toTicketChange(finding, 'desk', config, options))
    .filter((result) => result.kind === 'ticket-change');
};

/** On which of the three Tasks the ticket is, once all messages have come in this order. */
const shownAfter = (
  naming: readonly boolean[],
  messages: readonly TicketChangeMessage[],
  config: SourceConfig,
): boolean[] => {
  const tasks = conversations.map(({ sid, attributes }, index): [string, string] => [
    sid,
    JSON.stringify({ ...attributes, ...(naming[index] && { ticket_id: Number(id) }) }),
  ]);
  const after = applyChanges(new Map(tasks), messages, { desk: config });
  return conversations.map(({ sid }) => after.get(sid)?.includes(page) === true);
};

/** Where the ticket belongs: where its SID says, and on every Task that names it. */
const belongs = (naming: readonly boolean[], life: readonly Step[]): boolean[] => {
  const last = life.findLast((step) => step !== 'touched');
  return conversations.map(
    ({ sids }, index) => last !== 'deleted' && (sids === last || naming[index] === true),
  );
};

const endsRight = (
  reporting: Reporting,
  lives: fc.Arbitrary<Step[]>,
  { taskAttribute, namings = anyNaming }: { taskAttribute?: string; namings?: typeof anyNaming },
) => {
  const config = configOf(taskAttribute);
  const cases = fc.record({ life: lives, naming: namings, seed: fc.infiniteStream(fc.nat()) });
  fc.assert(
    fc.property(cases, ({ life, naming, seed }) => {
      const messages = messagesOf(life, reporting, config);
      const chance = () => seed.next().value ?? 0;
      const schedule = [...messages, ...messages.filter(() => chance() % 3 === 0)]
        .map((message) => ({ message, place: chance() }))
        .toSorted((one, other) => one.place - other.place)
        .map(({ message }) => message);
      expect(shownAfter(naming, schedule, config)).toEqual(belongs(naming, life));
    }),
  );
};

const noNames = fc.constant<[boolean, boolean, boolean]>([false, false, false]);
const deleted = anyLife.map((life): Step[] => [...life, 'deleted']);

describe('a ticket that moves between three Tasks, its messages in any order and more than once', () => {
  it.each([
    { hasOldSid: true, isWhole: true },
    { hasOldSid: true, isWhole: false },
    { hasOldSid: false, isWhole: false },
  ])('is where its last SID says and where it is named (%j)', (reporting) => {
    endsRight(reporting, anyLife, { taskAttribute: 'ticket_id' });
    endsRight(reporting, anyLife, { namings: noNames });
  });

  it.each([
    { hasOldSid: true, isWhole: true },
    { hasOldSid: false, isWhole: false },
  ])('is nowhere once it is deleted (%j)', (reporting) => {
    endsRight(reporting, deleted, { taskAttribute: 'ticket_id' });
    endsRight(reporting, deleted, { namings: noNames });
  });
});

it('a fault of ours is not taken for an invalid event of a batch', () => {
  const read = () => {
    throw new TypeError('ours');
  };
  expect(() => parseBatch([1], read)).toThrow(TypeError);
});
