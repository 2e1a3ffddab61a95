import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Change, changeOf, taskSidsOf, workspace } from './client.ts';

/**
 * The scheme by which Twilio's Flex project template updates a Task's attributes, written anew: read the Task, merge
 * the change deeply, write with `If-Match`, try again up to five times, at once after a 412. A merge of lodash joins
 * arrays by index, so the first item of our list and the first of the Task's become one. An update that fails is
 * dropped, as there.
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  await Promise.all(Records.map((record) => apply(changeOf(record))));
  return { batchItemFailures: [] };
}

const twilio = workspace();

const retryLimit = 5;

const retriedStatuses = [412, 429, 503];

const retriedCodes = ['ECONNRESET', 'ETIMEDOUT'];

async function apply(change: Change): Promise<void> {
  const update = { conversations: { media: [change.link] } };
  for (let attempts = 0; ; attempts += 1) {
    try {
      for (const taskSid of await taskSidsOf(change, twilio))
        await updateAttributes(taskSid, update);
      return;
    } catch (error) {
      const { status, code }: { status?: number; code?: string } = Object(error);
      const mayRetry = retriedStatuses.includes(Number(status)) || retriedCodes.includes(`${code}`);
      if (!mayRetry || attempts >= retryLimit) return;
      if (status !== 412) await sleep(100 + Math.random() * 200);
    }
  }
}

async function updateAttributes(taskSid: string, update: object): Promise<void> {
  const task = twilio.tasks(taskSid);
  const { body, headers } = await task.fetchWithHttpInfo();
  const attributes = JSON.stringify(mergeDeep(JSON.parse(body.attributes), update));
  await task.updateWithHttpInfo({ attributes, ifMatch: headers['etag'] ?? '' });
}

/** As `_.merge`: objects and arrays are merged key by key. */
function mergeDeep(target: unknown, source: unknown): unknown {
  if (!isObject(source)) return source;
  const merged: object = Array.isArray(source) ? [] : {};
  if (isObject(target)) Object.assign(merged, target);
  for (const [key, value] of Object.entries(source)) {
    Reflect.set(merged, key, mergeDeep(Reflect.get(merged, key), value));
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
