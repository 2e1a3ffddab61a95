import { describe, expect, it } from 'vitest';
import { rewrite } from '../../shared/media/rewrite.ts';
import { byCallback, byStream, now, setUpTask, setUpWebhook } from './webhook.ts';

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
    const { task, store, accept, link, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
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
    const { task, store, accept, link, event } = setUpTask({});
    const reservation = accept('Ana');
    link('zendesk/1', '5');
    store.moveReservation(task, reservation, 'wrapping');
    store.moveReservation(task, reservation, 'completed');
    for (const type of ['reservation.wrapup', 'reservation.completed']) {
      const [message] = await messagesFor(event(type));
      expect(message).toEqual(reconcile(task.sid, { finishing: true }));
    }
  });

  it('is reconciled when an offer is taken back from one agent for another', async () => {
    const { task, store, accept, link, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
    store.offer(task, 'Ben');
    accept('Chloe');
    expect(await messagesFor(event('reservation.rescinded'))).toEqual([reconcile(task.sid)]);
  });

  it('is reconciled when somebody else has written to it', async () => {
    const { task, accept, link, writeOther, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
    writeOther({ conversations: { segment_link: 'https://recordings.example.com/1' } });
    expect(await messagesFor(event('task.updated'))).toEqual([reconcile(task.sid)]);
  });

  it('is left alone at the echo of our own write', async () => {
    const { accept, link, event } = setUpTask({ zd_ticket_id: 1 });
    accept('Ana');
    link('zendesk/1', '5');
    expect(await messagesFor(event('task.updated'))).toEqual([]);
  });

  it('is reconciled after a write of ours when the event is not that of the write', async () => {
    const { task, accept, link, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
    accept('Ben');
    expect(await messagesFor(event('reservation.accepted'))).toEqual([reconcile(task.sid)]);
  });
});

describe('a Task that names its ticket', () => {
  it('gets its link with no webhook, older than any that may come', async () => {
    const { task, accept, event } = setUpTask({ zd_ticket_id: 5158 });
    accept('Ana');
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

  it('gets it when the id is written to it later, by an agent’s plugin', async () => {
    const { accept, writeOther, event } = setUpTask({});
    accept('Ana');
    writeOther({ zd_ticket_id: '77' });
    expect(await messagesFor(event('task.updated'))).toMatchObject([
      { change: { ticket: 'zendesk/77' } },
    ]);
  });

  it('gets it beside the tickets that it has', async () => {
    const { accept, link, writeOther, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
    writeOther({ zd_ticket_id: '77' });
    expect(await messagesFor(event('task.updated'))).toMatchObject([
      { change: { ticket: 'zendesk/77' } },
    ]);
  });

  it('names it under a dotted name, and in the way of the kind', async () => {
    const { accept, event } = setUpTask({ salesforce: { caseId: '500D000000MQTRh' } });
    accept('Ana');
    const [change] = await messagesFor(event('reservation.accepted'));
    expect(change).toMatchObject({ change: { ticket: 'crm/500D000000MQTRhIAP' } });
  });

  it('is not asked about once it is canceled', async () => {
    const { store, task, writeOther, event } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    store.update(task, {
      attributes: task.attributes,
      status: 'canceled',
      reason: undefined,
      priority: undefined,
      taskChannel: undefined,
      virtualStartTime: undefined,
    });
    expect(task.status).toBe('canceled');
    expect(await messagesFor(event('task.updated'))).toEqual([]);
  });

  it('gets it while it is on offer to another agent, who may come by a transfer', async () => {
    const { store, task, accept, writeOther, event } = setUpTask({});
    accept('Ana');
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

  it('is not asked about while nobody has accepted it: that will be told', async () => {
    const { writeOther, events, event } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    expect(await messagesFor(event('task.updated'))).toEqual([]);
    for (const each of events) expect(await messagesFor(each)).toEqual([]);
  });

  it.each([
    ['an empty id', ''],
    ['no id', null],
    ['an object', { id: 7 }],
    ['what cannot be an id', 'a b'],
    ['an id with space around it, which no search for the id finds', ' 7 '],
    ['a path', '../admin'],
    ['far too much', '7'.repeat(65)],
  ])('names none by %s', async (_, zd_ticket_id) => {
    const { accept, event } = setUpTask({ zd_ticket_id });
    accept('Ana');
    expect(await messagesFor(event('reservation.accepted'))).toEqual([]);
  });

  it('does not get back what had to make room for newer tickets of its source', async () => {
    const { task, accept, write, event } = setUpTask({});
    accept('Ana');
    const floor = `1 zendesk/${'A'.repeat(13)}F....`;
    write(JSON.stringify({ zd_ticket_id: '1', crm_media_sync: floor }));
    expect(await messagesFor(event('task.updated'))).toEqual([reconcile(task.sid)]);
  });

  it('gets its link back where somebody took it out of every list and left the ledger', async () => {
    const { task, accept, link, writeOther, event } = setUpTask({ zd_ticket_id: '1' });
    accept('Ana');
    link('zendesk/1', '5');
    writeOther({ reservation_attributes: {} });
    const [message] = await messagesFor(event('task.updated'));
    expect(message).toMatchObject({ change: { ticket: 'zendesk/1', version: '5' } });
    if (message?.kind !== 'ticket-change') throw new Error('no change');
    const { outcomes, attributes } = rewrite(task.attributes, task.reservations, [message.change]);
    expect(outcomes).toEqual([{ outcome: 'linked' }]);
    expect(attributes).toContain('https://acme.zendesk.com/agent/tickets/1');
  });

  it('does not get back what was taken away from it', async () => {
    const { task, accept, write, event } = setUpTask({});
    accept('Ana');
    const tombstone = `1 zendesk/1${'A'.repeat(13)}F....`;
    write(JSON.stringify({ zd_ticket_id: '1', crm_media_sync: tombstone }));
    expect(await messagesFor(event('task.updated'))).toEqual([reconcile(task.sid)]);
  });
});

describe('events of no interest', () => {
  it('cost no more than the answer', async () => {
    const { store, task, accept, writeOther, events } = setUpTask({ customer: 'Jean Doe' });
    const reservation = accept('Ana');
    writeOther({ disposition: 'refund' });
    store.moveReservation(task, reservation, 'wrapping');
    store.moveReservation(task, reservation, 'completed');
    store.remove(task);
    for (const event of events) expect(await messagesFor(event)).toEqual([]);
  });

  it('are those of another account or Workspace', async () => {
    const { task, accept, link, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
    const accepted = event('reservation.accepted');
    const { workspace } = accepted;
    for (const other of [{ accountSid: `AC${'9'.repeat(32)}` }, { sid: `WS${'9'.repeat(32)}` }]) {
      const foreign = { ...accepted, task, workspace: { ...workspace, ...other } };
      expect(await messagesFor(foreign)).toEqual([]);
    }
  });

  it('are not those of ours whose SIDs are written in capitals', async () => {
    const { accept, link, event } = setUpTask({});
    accept('Ana');
    link('zendesk/1', '5');
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
    const { task, accept, event } = setUpTask({ zd_ticket_id: '1' });
    accept('Ana');
    const accepted = { ...event('reservation.accepted'), task: { ...task, attributes } };
    expect(await messagesFor(accepted)).toEqual([]);
  });
});
