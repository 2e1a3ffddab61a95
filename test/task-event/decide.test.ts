import { describe, expect, it } from 'vitest';
import { rewrite } from '../../shared/media/rewrite.ts';
import {
  byCallback,
  byStream,
  now,
  setUpAcceptedTask,
  setUpLinkedTask,
  setUpTask,
  setUpWebhook,
} from './webhook.ts';

/** The messages for an event, the same for both kinds of request. */
const messagesFor = async (event: Parameters<typeof byCallback>[0]) => {
  const [callback, stream] = [setUpWebhook(), setUpWebhook()];
  expect(await callback.taskEvent(byCallback(event))).toMatchObject({ statusCode: 204 });
  expect(await stream.taskEvent(byStream(event))).toMatchObject({ statusCode: 204 });
  expect(callback.messages()).toEqual(stream.messages());
  expect(callback.sent.map(({ MessageGroupId }) => MessageGroupId)).toEqual(
    stream.sent.map(({ MessageGroupId }) => MessageGroupId),
  );
  return callback.messages();
};

const reconcile = (taskSid: string, meta: { finishing?: true } = {}) => ({
  v: 1,
  kind: 'reconcile',
  meta: { receivedAt: now, taskSid, occurredAt: now, ...meta },
});

describe('a Task with a ledger of ours', () => {
  it('is reconciled when an agent accepts a transfer', async () => {
    const { task, store, event } = setUpLinkedTask();
    const reservation = store.transfer(task, 'Ben', 'COLD');
    store.moveReservation(task, reservation, 'accepted');
    for (const type of [
      'task.transfer-initiated',
      'reservation.accepted',
      'task.transfer-completed',
    ]) {
      expect(await messagesFor(event(type))).toMatchObject([reconcile(task.sid)]);
    }
  });

  it('is reconciled first of all when it is wrapped up or completed', async () => {
    const { task, store, event, reservation } = setUpLinkedTask();
    store.moveReservation(task, reservation, 'wrapping');
    store.moveReservation(task, reservation, 'completed');
    for (const type of ['reservation.wrapup', 'reservation.completed']) {
      const [message] = await messagesFor(event(type));
      expect(message).toEqual(reconcile(task.sid, { finishing: true }));
    }
  });

  it('is reconciled when an offer is taken back from one agent for another', async () => {
    const { task, store, accept, event } = setUpLinkedTask();
    store.offer(task, 'Ben');
    accept('Chloe');
    expect(await messagesFor(event('reservation.rescinded'))).toEqual([reconcile(task.sid)]);
  });

  it('is reconciled when somebody else has written to it', async () => {
    const { task, writeOther, event } = setUpLinkedTask();
    writeOther({ conversations: { segment_link: 'https://recordings.example.com/1' } });
    expect(await messagesFor(event('task.updated'))).toEqual([reconcile(task.sid)]);
  });

  it('is left alone at the echo of our own write', async () => {
    const { event } = setUpLinkedTask({ zd_ticket_id: 1 });
    expect(await messagesFor(event('task.updated'))).toEqual([]);
  });

  it('is reconciled after a write of ours when the event is not that of the write', async () => {
    const { task, accept, event } = setUpLinkedTask();
    accept('Ben');
    expect(await messagesFor(event('reservation.accepted'))).toEqual([reconcile(task.sid)]);
  });
});

describe('a Task that names its ticket', () => {
  it('gets its link with no webhook, older than any that may come', async () => {
    const { task, event } = setUpAcceptedTask({ zd_ticket_id: 5158 });
    expect(await messagesFor(event('reservation.accepted'))).toEqual([
      {
        v: 1,
        kind: 'ticket-change',
        meta: { receivedAt: now, fromTaskAttribute: true },
        change: {
          ticket: 'zendesk/5158',
          version: '0',
          link: {
            type: 'Referenced',
            url: 'https://acme.zendesk.com/agent/tickets/5158',
            title: 'Ticket 5158',
          },
          correlation: { taskSid: task.sid },
          occurredAt: now,
        },
      },
    ]);
  });

  it.each([
    ['to it later, by an agent’s plugin', setUpAcceptedTask],
    ['beside the tickets that it has', setUpLinkedTask],
  ])('gets it when the id is written %s', async (_, setUp) => {
    const { writeOther, event } = setUp();
    writeOther({ zd_ticket_id: '77' });
    const messages = await messagesFor(event('task.updated'));
    expect(messages).toMatchObject([{ change: { ticket: 'zendesk/77' } }]);
  });

  it('names it under a dotted name, and in the way of the kind', async () => {
    const { event } = setUpAcceptedTask({ salesforce: { caseId: '500D000000MQTRh' } });
    const [change] = await messagesFor(event('reservation.accepted'));
    expect(change).toMatchObject({ change: { ticket: 'crm/500D000000MQTRhIAP' } });
  });

  it('is not asked about once it is canceled', async () => {
    const { store, task, writeOther, event } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    const unchanged = {
      ...{ attributes: task.attributes, reason: undefined, priority: undefined },
      ...{ taskChannel: undefined, virtualStartTime: undefined },
    };
    store.update(task, { ...unchanged, status: 'canceled' });
    expect(task.status).toBe('canceled');
    expect(await messagesFor(event('task.updated'))).toEqual([]);
  });

  it('gets it while it is on offer to another agent, who may come by a transfer', async () => {
    const { store, task, writeOther, event } = setUpAcceptedTask();
    store.transfer(task, 'Ben', 'WARM');
    writeOther({ zd_ticket_id: '77' });
    expect(task.status).toBe('reserved');
    expect(await messagesFor(event('task.updated'))).toMatchObject([
      { change: { ticket: 'zendesk/77' } },
    ]);
  });

  it('is not asked about when an offer of it is taken back before anybody has accepted it', async () => {
    const { store, task, event } = setUpTask({ zd_ticket_id: '77' });
    store.moveReservation(task, store.offer(task, 'Ana'), 'rescinded');
    expect(await messagesFor(event('reservation.rescinded'))).toEqual([]);
  });

  it('is not requested before a worker has accepted it, because that is an event too', async () => {
    const { writeOther, events, event } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    expect(await messagesFor(event('task.updated'))).toEqual([]);
    for (const each of events) expect(await messagesFor(each)).toEqual([]);
  });

  it.each([
    ...['', null, { id: 7 }, 'a b', '../admin', '7'.repeat(65)],
    // No search for the id finds it with space around it.
    ' 7 ',
  ])('names none by %j', async (zd_ticket_id) => {
    const { event } = setUpAcceptedTask({ zd_ticket_id });
    expect(await messagesFor(event('reservation.accepted'))).toEqual([]);
  });

  it.each([
    ['had to make room for newer tickets of its source', '1 zendesk/'],
    ['was taken away from it', '1 zendesk/1'],
  ])('does not get back what %s', async (_, entry) => {
    const { task, write, event } = setUpAcceptedTask();
    const crm_media_sync = `${entry}${'A'.repeat(13)}F....`;
    write(JSON.stringify({ zd_ticket_id: '1', crm_media_sync }));
    expect(await messagesFor(event('task.updated'))).toEqual([reconcile(task.sid)]);
  });

  it('gets its link back if somebody removed it from every list and left the ledger', async () => {
    const { task, writeOther, event } = setUpLinkedTask({ zd_ticket_id: '1' });
    writeOther({ reservation_attributes: {} });
    const [message] = await messagesFor(event('task.updated'));
    expect(message).toMatchObject({ change: { ticket: 'zendesk/1', version: '5' } });
    if (message?.kind !== 'ticket-change') throw new Error('no change');
    const { outcomes, attributes } = rewrite(task.attributes, task.reservations, [message.change]);
    expect(outcomes).toEqual([{ outcome: 'linked' }]);
    expect(attributes).toContain('https://acme.zendesk.com/agent/tickets/1');
  });
});

describe('events of no interest', () => {
  it('cost no more than the answer', async () => {
    const { store, task, writeOther, events, reservation } = setUpAcceptedTask({
      customer: 'Jean Doe',
    });
    writeOther({ disposition: 'refund' });
    store.moveReservation(task, reservation, 'wrapping');
    store.moveReservation(task, reservation, 'completed');
    store.remove(task);
    for (const event of events) expect(await messagesFor(event)).toEqual([]);
  });

  it('are those of another account or Workspace', async () => {
    const { task, event } = setUpLinkedTask();
    const accepted = event('reservation.accepted');
    const { workspace } = accepted;
    for (const other of [{ accountSid: `AC${'9'.repeat(32)}` }, { sid: `WS${'9'.repeat(32)}` }]) {
      const foreign = { ...accepted, task, workspace: { ...workspace, ...other } };
      expect(await messagesFor(foreign)).toEqual([]);
    }
  });

  it('are not those of ours whose SIDs are written in capitals', async () => {
    const { event } = setUpLinkedTask();
    const accepted = event('reservation.accepted');
    const { accountSid, sid } = accepted.workspace;
    const capital = {
      ...accepted,
      task: { ...accepted.task, attributes: JSON.stringify({ crm_media_sync: '1' }) },
      workspace: {
        ...accepted.workspace,
        accountSid: `AC${accountSid.slice(2).toUpperCase()}`,
        sid: `WS${sid.slice(2).toUpperCase()}`,
      },
    };
    expect(await messagesFor(capital)).toHaveLength(1);
  });

  it.each([
    ['attributes that are no JSON', '{'],
    ['attributes that are a list', '[]'],
    ['a ledger of a format that we do not know', '{"crm_media_sync":"9 x"}'],
    ['a ledger that is no text', '{"crm_media_sync":7}'],
  ])('are those of a Task with %s', async (_, attributes) => {
    const { task, event } = setUpAcceptedTask({ zd_ticket_id: '1' });
    const accepted = { ...event('reservation.accepted'), task: { ...task, attributes } };
    expect(await messagesFor(accepted)).toEqual([]);
  });
});
