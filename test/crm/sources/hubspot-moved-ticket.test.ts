import { describe, expect, it } from 'vitest';
import { SourceConfig } from '../../../shared/crm/config.ts';
import { hubspot } from '../../../shared/crm/sources/hubspot.ts';
import { toTicketChange } from '../../../shared/crm/to-ticket-change.ts';
import type { TicketChangeMessage } from '../../../shared/messages/message.ts';
import { callSid, conversationSid } from '../../crm-change/webhook.ts';
import { applyChanges } from '../apply-changes.ts';
import { event, type Fields, id, now, settings } from './hubspot-events.ts';

/** On which Tasks, by name, the ticket is after messages in this order. */
const ticketTasks = (
  tasks: Readonly<Record<string, object>>,
  messages: readonly TicketChangeMessage[],
): string[] => {
  const texts = Object.entries(tasks).map(([name, own]): [string, string] => [
    name,
    JSON.stringify(own),
  ]);
  return [...applyChanges(new Map(texts), messages)].flatMap(([name, text]) =>
    text.includes('app.hubspot.com') ? [name] : [],
  );
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
  const messagesOf = (events: readonly Fields[], taskAttribute?: string) => {
    const config = configOf(taskAttribute);
    const options = { now: () => now };
    return hubspot
      .normalise(events, config)
      .map((finding) => toTicketChange(finding, 'hubspot', config, options))
      .filter((result) => result.kind === 'ticket-change');
  };
  /** Where the ticket ends, over all orders that the messages may come in. */
  const endsOf = (
    events: readonly Fields[],
    tasks: Readonly<Record<string, object>>,
    taskAttribute?: string,
  ) => {
    const all = orders(messagesOf(events, taskAttribute));
    return [...new Set(all.map((order) => ticketTasks(tasks, order).join(' and ')))].toSorted();
  };

  const toCall = event('sid_set', { occurredAt: 1000, propertyValue: callSid });
  const toChat = event('sid_set', { occurredAt: 2000, propertyValue: conversationSid });
  const emptied = event('sid_emptied', { occurredAt: 3000 });
  const changed = event('property_change', { occurredAt: 4000 });
  const tasks = { call: { call_sid: callSid }, chat: { conversationSid } };
  const own = { hs_ticket_id: id };

  it('is on the Task that names its id when its SID is emptied', () => {
    const apart = { ...tasks, own };
    const inOrder = messagesOf([toCall, toChat, emptied, changed], 'hs_ticket_id');
    expect(ticketTasks(apart, inOrder)).toEqual(['own']);
    const one = { ...tasks, call: { call_sid: callSid, ...own } };
    expect(endsOf([toCall, emptied], one, 'hs_ticket_id')).toEqual(['call']);
    expect(ticketTasks(one, inOrder)).toEqual(['call']);
  });

  it('stays if both SIDs are of one Task', () => {
    const one = { both: { call_sid: callSid, conversationSid } };
    expect(endsOf([toCall, toChat], one)).toEqual(['both']);
  });

  it('stays on the Task that names its id, in any order', () => {
    const one = { ...tasks, call: { call_sid: callSid, ...own } };
    expect(endsOf([toCall, toChat], one, 'hs_ticket_id')).toEqual(['call and chat', 'chat']);
    expect(endsOf([toCall, toChat, changed], one, 'hs_ticket_id')).toEqual(['call and chat']);
  });

  it('is added to a conversation that it left before the message of that arrived', () => {
    // Only a Task that names its id knows of the ticket, and that does not say where it was before.
    const apart = { ...tasks, own };
    expect(endsOf([toCall, emptied], apart, 'hs_ticket_id')).toEqual(['call and own', 'own']);
    const chat = { ...tasks, chat: { conversationSid, ...own } };
    expect(endsOf([toCall, toChat], chat, 'hs_ticket_id')).toEqual(['call and chat', 'chat']);
    const overtaken = messagesOf([emptied, toCall, { ...emptied, occurredAt: 5000 }]);
    expect(ticketTasks(apart, overtaken)).toEqual([]);
  });

  it('that is merged away is gone, and the other is there, in any order', () => {
    const merge = event('merge', {
      occurredAt: 3000,
      primaryObjectId: 17,
      mergedObjectIds: [Number(id)],
      newObjectId: null,
    });
    const messages = messagesOf([toCall, merge], 'hs_ticket_id');
    const shown = (order: readonly TicketChangeMessage[]) =>
      [...applyChanges(new Map([['call', JSON.stringify(tasks.call)]]), order).values()].flatMap(
        (text) => text.match(/(?<=0-5\/)\d+/g) ?? [],
      );
    const ends = new Set(orders(messages).map((order) => [...new Set(shown(order))].join()));
    expect([...ends]).toEqual(['17']);
  });
});
