import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { awsClock } from '../../../ops/dlq/timing.ts';
import { serve } from '../../local/serve.ts';
import { ticketChange } from '../../sync/messages.ts';
import { startDlqHarness } from './dlq-harness.ts';

const hour = 3_600_000;
const LogRequest = z.object({ startTime: z.number() });

/** A server of POST requests; the Date header of its responses is so far ahead. */
const startAws = async (
  aheadMs: number,
  answer: (body: unknown, target: string) => Promise<unknown> | unknown,
): Promise<string> => {
  const server = createServer(async (request, response) => {
    const target = String(request.headers['x-amz-target'] ?? '');
    const body = request.method === 'POST' ? await json(request) : {};
    response.setHeader('date', new Date(Date.now() + aheadMs).toUTCString());
    response.setHeader('content-type', 'application/x-amz-json-1.0');
    response.end(JSON.stringify(await answer(body, target)));
  });
  return serve(server);
};

describe('the clock of AWS', () => {
  it.each([0, hour, -hour])(
    'is never too early, and at most one second too late: %d ms ahead',
    async (aheadMs) => {
      const endpoint = await startAws(aheadMs, () => ({}));
      const credentials = { accessKeyId: 'any', secretAccessKey: 'any' };
      const sqs = new SQSClient({ endpoint, region: 'eu-west-1', credentials });
      const now = awsClock(sqs);
      const before = Date.now();
      const unset = now();
      expect(unset).toBeGreaterThanOrEqual(before);
      expect(unset).toBeLessThanOrEqual(Date.now());
      const since = Date.now();
      await sqs.send(new GetQueueAttributesCommand({ QueueUrl: `${endpoint}/1/any` }));
      const tookMs = Date.now() - since;
      const offMs = now() - (Date.now() + aheadMs);
      expect(offMs).toBeGreaterThanOrEqual(-1);
      expect(offMs).toBeLessThanOrEqual(1001 + tookMs);
    },
  );

  it('is the clock by which a replay reads the log, for any clock of this machine', async () => {
    const times: number[] = [];
    const logs = await startAws(0, (body) => {
      times.push(LogRequest.parse(body).startTime);
      return { events: [] };
    });
    const harness = await startDlqHarness({ logs });
    const sqs = await startAws(hour, async (body, target) => {
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
      const request = { method: 'POST', headers, body: JSON.stringify(body) };
      const text = await (await fetch(harness.queues.url, request)).text();
      return text === '' ? {} : JSON.parse(text);
    });
    await harness.sendDeadLetters([{ body: ticketChange(1, {}), reason: 'crashed' }]);
    const behind = await startDlqHarness({ ...harness.queueEndpoints, sqs, logs });
    await behind.ops('dlq', 'replay', '--yes', '--wait', '1s');
    expect(times.length).toBeGreaterThan(0);
    for (const time of times) {
      expect(time - Date.now()).toBeGreaterThan(0.9 * hour);
      expect(time - Date.now()).toBeLessThan(hour);
    }
  });
});

it('dlq replay --wait --json prints its result even if the log cannot be read', async () => {
  const harness = await startDlqHarness();
  await harness.sendDeadLetters([{ body: ticketChange(1, {}), reason: 'crashed' }]);
  const args = ['dlq', 'replay', '--yes', '--wait', '1s', '--json'];
  const { code, stdout, stderr } = await harness.ops(...args);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ sent: 1, remaining: 0, audit: expect.any(String) });
  expect(stderr).toContain('All messages were sent. Only their outcomes are unknown.');
});
