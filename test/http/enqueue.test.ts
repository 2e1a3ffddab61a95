import type { SendMessageBatchCommand, SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { enqueue } from '../../shared/http/enqueue.ts';
import { Unavailable } from '../../shared/http/errors.ts';
import { TicketChangeMessage } from '../../shared/messages/message.ts';
import { taskSid } from '../crm-change/webhook.ts';
import { sqsBatchResponse } from './webhook.ts';

const change = (index: number, padding = 0): TicketChangeMessage => ({
  v: 1,
  kind: 'ticket-change',
  meta: { receivedAt: 1 },
  change: {
    ticket: `desk/${index}`,
    version: '1',
    link: { type: 'Referenced', url: `https://desk.example.com/${'x'.repeat(padding)}` },
    correlation: { taskSid },
    occurredAt: 1,
  },
});
const changes = (count: number, padding = 0) =>
  Array.from({ length: count }, (_, index) => change(index, padding));

type Answer = (entries: SendMessageBatchRequestEntry[]) => ReturnType<typeof sqsBatchResponse>;

/** SQS that answers each call in turn as scripted, and repeats the last response. */
const scripted = (...answers: [Answer, ...Answer[]]) => {
  const calls: SendMessageBatchRequestEntry[][] = [];
  const queues: (string | undefined)[] = [];
  const pauses: number[] = [];
  const send = async (command: SendMessageBatchCommand) => {
    const entries = command.input.Entries ?? [];
    const answer = answers[Math.min(calls.length, answers.length - 1)] ?? answers[0];
    calls.push(entries);
    queues.push(command.input.QueueUrl);
    return answer(entries);
  };
  const put = (items: readonly TicketChangeMessage[], random = 0.5) =>
    enqueue(items, {
      sqs: { send },
      queueUrlOf: ({ change }) => `https://sqs.example/${change.exclusive ? 'lookups' : 'changes'}`,
      sleep: async (ms) => {
        pauses.push(ms);
      },
      random: () => random,
    });
  return { calls, queues, pauses, put };
};
const all: Answer = (entries) => sqsBatchResponse(entries);
const none: Answer = (entries) => sqsBatchResponse([], entries);
const ticketsOf = (entries: SendMessageBatchRequestEntry[] = []) =>
  entries.map(
    ({ MessageBody = '' }) => TicketChangeMessage.parse(JSON.parse(MessageBody)).change.ticket,
  );

describe('putting changes on the queue', () => {
  it('sends each once, in batches of ten, in the group of its source', async () => {
    const { calls, put } = scripted(all);
    await put(changes(23));
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 3]);
    expect(calls.flatMap(ticketsOf)).toEqual(changes(23).map(({ change: { ticket } }) => ticket));
    expect(new Set(calls.flat().map(({ MessageGroupId }) => MessageGroupId))).toEqual(
      new Set(['desk']),
    );
    for (const batch of calls) expect(new Set(batch.map(({ Id }) => Id)).size).toBe(batch.length);
  });

  it('sends each to its own queue', async () => {
    const { calls, queues, put } = scripted(all);
    const mixed = changes(15).map(({ change, ...message }, index) => ({
      ...message,
      change: index < 12 ? change : { ...change, exclusive: true as const },
    }));
    await put(mixed);
    const sent = queues.map((url, index) => `${url?.split('/').at(-1)} ${calls[index]?.length}`);
    expect(sent.sort()).toEqual(['changes 10', 'changes 2', 'lookups 3']);
  });

  it('makes no call for no change', async () => {
    const { calls, put } = scripted(all);
    await put([]);
    expect(calls).toEqual([]);
  });

  it('keeps each batch within a mebibyte', async () => {
    const { calls, put } = scripted(all);
    await put(changes(9, 300_000));
    expect(Math.max(...calls.map(({ length }) => length))).toBeLessThanOrEqual(3);
  });

  it('sends again what was not taken, and that alone', async () => {
    const { calls, pauses, put } = scripted(
      (entries) => sqsBatchResponse(entries.slice(2), entries.slice(0, 2)),
      (entries) => sqsBatchResponse(entries.slice(1), entries.slice(0, 1)),
      all,
    );
    await put(changes(5));
    expect(calls.map(ticketsOf)).toEqual([
      ['desk/0', 'desk/1', 'desk/2', 'desk/3', 'desk/4'],
      ['desk/0', 'desk/1'],
      ['desk/0'],
    ]);
    expect(pauses).toEqual([75, 150]);
  });

  it('takes nothing for taken that SQS does not name', async () => {
    const { calls, put } = scripted((entries) => sqsBatchResponse(entries.slice(1)), all);
    await put(changes(3));
    expect(calls.map(ticketsOf)[1]).toEqual(['desk/0']);
  });

  it('fails when something is left after four tries', async () => {
    const { calls, put } = scripted(
      (entries) => sqsBatchResponse(entries.slice(1), entries.slice(0, 1)),
      none,
    );
    const failing = put(changes(3));
    await expect(failing).rejects.toThrow(Unavailable);
    await expect(failing).rejects.toThrow('SQS rejected 1 of 3 messages (InternalError)');
    expect(calls).toHaveLength(4);
  });

  it('fails at once when SQS blames the message', async () => {
    const { calls, put } = scripted((entries) => sqsBatchResponse([], entries, true));
    await expect(put(changes(2))).rejects.toThrow(Unavailable);
    expect(calls).toHaveLength(1);
  });

  it('fails when one batch fails, once all have been tried', async () => {
    const { calls, put } = scripted(all, none, all, none);
    await expect(put(changes(25))).rejects.toThrow(Unavailable);
    // The second batch was sent three times more.
    expect(calls.map(({ length }) => length)).toEqual([10, 10, 5, 10, 10, 10]);
  });

  it('sends thousands in many batches at once, and not in all of them', async () => {
    let atWork = 0;
    let most = 0;
    const answers: Answer = (entries) => sqsBatchResponse(entries);
    await enqueue(changes(2000), {
      sqs: {
        send: async ({ input: { Entries = [] } }) => {
          atWork += 1;
          most = Math.max(most, atWork);
          await new Promise((resume) => setImmediate(resume));
          atWork -= 1;
          return answers(Entries);
        },
      },
      queueUrlOf: () => 'https://sqs.example/changes',
      sleep: async () => {},
      random: () => 0.5,
    });
    expect(most).toBe(16);
  });
});
