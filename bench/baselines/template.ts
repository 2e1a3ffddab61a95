import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Change, changeOf, taskSidsOf, workspace } from './client.ts';

/**
 * Updates a Task's attributes as Twilio's Flex project template does. This is not a copy of its code. It reads the
 * Task, merges the change deeply and writes with `If-Match`. After a 412 it tries again at once, up to five times.
 * A lodash merge joins arrays by index, so the first item of our list and the first item of the Task's list become
 * one. An update that fails is dropped, as in the template.
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

/** Merges objects and arrays key by key, as lodash's `_.merge` does. */
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
