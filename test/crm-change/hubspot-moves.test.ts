import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../lambdas/crm-change/source-config.ts';
import { hubspot } from '../../lambdas/crm-change/sources/hubspot.ts';
import { toTicketChange } from '../../lambdas/crm-change/to-ticket-change.ts';
import type { TicketChange } from '../../shared/message/ticket-change.ts';
import { callSid, conversationSid } from './door.ts';
import { event, type Fields, id, now, settings } from './hubspot-events.ts';
import { isFor, taskAfter } from './task-after.ts';

/** Tasks by name, as the sync leaves them after messages in this order. */
const settle = (
  tasks: Readonly<Record<string, object>>,
  messages: readonly TicketChange[],
): string[] => {
  const texts = new Map(Object.entries(tasks).map(([name, own]) => [name, JSON.stringify(own)]));
  const apply = (change: TicketChange): boolean => {
    const found = [...texts].filter(([, text]) => isFor(text, change));
    for (const [name, text] of found) texts.set(name, taskAfter(text, change));
    return found.length > 0;
  };
  // What finds no Task is looked for again, for a minute.
  const unmatched = messages.filter((change) => !apply(change));
  for (const change of unmatched) apply(change);
  return [...texts].flatMap(([name, text]) => (text.includes('app.hubspot.com') ? [name] : []));
};

const orders = <Item>(items: readonly Item[]): Item[][] =>
  items.length === 0
    ? [[]]
    : items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((r) => [item, ...r]));

describe('a HubSpot ticket that moves', () => {
  const configOf = (taskAttribute?: string) =>
    SourceConfig.parse({
      kind: 'hubspot',
      ticketUrl: 'https://app.hubspot.com/contacts/62515/record/0-5/{id}',
      secret: 'x',
      ...settings,
      ...(taskAttribute && { taskAttribute }),
    });
  const messagesOf = async (events: readonly Fields[], taskAttribute?: string) => {
    const config = configOf(taskAttribute);
    const options = { now: () => now, linkTypeOf: async () => 'Referenced' as const };
    const found = hubspot.normalise(events, config);
    const results = await Promise.all(
      found.map((finding) => toTicketChange(finding, 'hubspot', config, options)),
    );
    return results.filter((result) => result.kind === 'ticket-change');
  };
  /** Where the ticket ends, over all orders that the messages of each event may come in. */
  const endsOf = async (
    events: readonly Fields[],
    tasks: Readonly<Record<string, object>>,
    taskAttribute?: string,
  ) => {
    const ofEach = await Promise.all(events.map((each) => messagesOf([each], taskAttribute)));
    const all = ofEach.reduce<TicketChange[][]>(
      (before, messages) =>
        before.flatMap((first) => orders(messages).map((then) => [...first, ...then])),
      [[]],
    );
    return [...new Set(all.map((order) => settle(tasks, order).join(' and ')))];
  };

  const toCall = event('sid_set', { occurredAt: 1000, propertyValue: callSid });
  const toChat = event('sid_set', { occurredAt: 2000, propertyValue: conversationSid });
  const emptied = event('sid_emptied', { occurredAt: 3000 });
  const changed = event('property_change', { occurredAt: 4000 });
  const tasks = { call: { call_sid: callSid }, chat: { conversationSid } };

  it('is on the new conversation alone, in whatever order the messages of a move come', async () => {
    expect(await endsOf([toCall, toChat], tasks)).toEqual(['chat']);
  });

  it('is on none when its SID is emptied and no Task bears its id, in whatever order', async () => {
    expect(await endsOf([toCall, emptied], tasks)).toEqual(['']);
    expect(await endsOf([toCall, emptied], tasks, 'hs_ticket_id')).toEqual(['']);
  });

  it('is on the Task that bears its id when its SID is emptied, in whatever order', async () => {
    const apart = { ...tasks, own: { hs_ticket_id: id } };
    expect(await endsOf([toCall, emptied], apart, 'hs_ticket_id')).toEqual(['own']);
    expect(await endsOf([toCall, emptied, changed], apart, 'hs_ticket_id')).toEqual(['own']);
    const one = { ...tasks, call: { call_sid: callSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, emptied], one, 'hs_ticket_id')).toEqual(['call']);
    expect(await endsOf([toCall, toChat, emptied], one, 'hs_ticket_id')).toEqual(['call']);
  });

  it('is on none once it is deleted, though its SID is emptied in that millisecond', async () => {
    const deletion = event('deletion', { occurredAt: 3000 });
    const own = { ...tasks, own: { hs_ticket_id: id } };
    expect(await endsOf([toCall, deletion], tasks)).toEqual(['']);
    expect(await endsOf([toCall, emptied, deletion], own, 'hs_ticket_id')).toEqual(['']);
    expect(await endsOf([toCall, deletion, emptied], own, 'hs_ticket_id')).toEqual(['']);
  });

  it('stays where it is when its SID is kept from us', async () => {
    const hidden = event('sid_redacted', { occurredAt: 3000 });
    expect(await endsOf([toCall, hidden], tasks)).toEqual(['call']);
  });

  it('stays where both SIDs are of one Task', async () => {
    const one = { both: { call_sid: callSid, conversationSid } };
    expect(await endsOf([toCall, toChat], one)).toEqual(['both']);
  });

  it('leaves the Task that bears its id for a SID, until it changes again', async () => {
    const own = { ...tasks, call: { call_sid: callSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, toChat], own, 'hs_ticket_id')).toEqual(['chat']);
    expect(await endsOf([toCall, toChat, changed], own, 'hs_ticket_id')).toEqual(['call and chat']);
  });

  it('is on the Task that bears its id and that its new SID names', async () => {
    const own = { ...tasks, chat: { conversationSid, hs_ticket_id: id } };
    expect(await endsOf([toCall, toChat], own, 'hs_ticket_id')).toEqual(['chat']);
  });

  it('stays on a conversation too whose message the move overtook, until its next move', async () => {
    const messages = await messagesOf([toCall, toChat]);
    const [late, ...inTime] = messages.toSorted(
      (one, other) => Number(one.link === null) - Number(other.link === null),
    );
    if (late === undefined) throw new Error('there is no message');
    const overtaken = [...inTime, late];
    expect(settle(tasks, overtaken)).toEqual(['call', 'chat']);
    const [removal] = await messagesOf([{ ...emptied, occurredAt: 5000 }]);
    if (removal === undefined) throw new Error('there is no removal');
    expect(settle(tasks, [...overtaken, removal])).toEqual([]);
  });
});
