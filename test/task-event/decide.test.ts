import { describe, expect, it } from 'vitest';
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

const reconcile = (taskSid: string, meta: { finishing?: true; toLink?: true } = {}) => ({
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
});

describe('a Task that names its ticket', () => {
  it.each([
    ['when an agent accepts it', { zd_ticket_id: 5158 }, 'reservation.accepted'],
    ['under a dotted name', { salesforce: { caseId: '500D000000MQTRh' } }, 'reservation.accepted'],
    ['once an agent’s plugin writes it', {}, 'task.updated'],
  ])('is reconciled %s', async (_, attributes, type) => {
    const { task, writeOther, event } = setUpAcceptedTask(attributes);
    writeOther({ zd_ticket_id: '77' });
    expect(await messagesFor(event(type))).toEqual([reconcile(task.sid, { toLink: true })]);
  });

  it('is reconciled once it is canceled', async () => {
    const { store, task, writeOther, event } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    const unchanged = {
      ...{ attributes: task.attributes, reason: undefined, priority: undefined },
      ...{ taskChannel: undefined, virtualStartTime: undefined },
    };
    store.update(task, { ...unchanged, status: 'canceled' });
    expect(await messagesFor(event('task.updated'))).toMatchObject([reconcile(task.sid)]);
  });

  it('is reconciled while it is on offer to another agent, who may come by a transfer', async () => {
    const { store, task, writeOther, event } = setUpAcceptedTask();
    store.transfer(task, 'Ben', 'WARM');
    writeOther({ zd_ticket_id: '77' });
    expect(task.status).toBe('reserved');
    const linking = reconcile(task.sid, { toLink: true });
    expect(await messagesFor(event('task.updated'))).toEqual([linking]);
  });

  it('is left alone before anybody has accepted it, because that is an event too', async () => {
    const { store, task, writeOther, events } = setUpTask({});
    writeOther({ zd_ticket_id: '77' });
    store.moveReservation(task, store.offer(task, 'Ana'), 'rescinded');
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

  const version = `${'A'.repeat(13)}F`;
  it.each([
    ['it is not in the ledger', `1 zendesk/2${version}abcd`, 1],
    ['another writer removed its link', `1 zendesk/1${version}abcd`, 1],
    ['it was named before, and then not', `1 zendesk/1${version}abcd!`, 1],
    ['the CRM took it away, and had told no link', `1 zendesk/1:${version}`, 1],
    ['it was deleted', `1 zendesk/1${version}....`, 0],
    ['it had to make room for newer ones of its source', `1 zendesk/${version}....`, 0],
  ])('counts what is to be linked: %s', async (_, crm_media_sync, ticketsToLink) => {
    const { task, write, event } = setUpAcceptedTask();
    write(JSON.stringify({ zd_ticket_id: '1', crm_media_sync }));
    const { taskEvent, messages, reports } = setUpWebhook();
    await taskEvent(byCallback(event('task.updated')));
    expect(messages()).toEqual([reconcile(task.sid, ticketsToLink ? { toLink: true } : {})]);
    expect(reports).toMatchObject([{ reconciles: 1, ticketsToLink }]);
  });
});

describe('events of no interest', () => {
  it('cost no more than the answer', async () => {
    const { store, task, writeOther, events, reservation } = setUpAcceptedTask({
      customer: 'Jean',
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
