import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { type Change, changeOf, taskSidsOf, variable, workspace } from './client.ts';

/**
 * The recipe of Twilio's page about custom media: one POST of all attributes. With `RECIPE=read-modify-write` it
 * first reads the attributes, and adds the link to the media of the Task. It sends no `If-Match`, as most plugins
 * do not.
 * Source: https://www.twilio.com/docs/flex/developer/insights/custom-media-attached-conversations
 */
export async function handler({ Records }: SQSEvent): Promise<SQSBatchResponse> {
  const results = await Promise.allSettled(Records.map((record) => apply(changeOf(record))));
  const failed = Records.filter((_, index) => results[index]?.status === 'rejected');
  return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
}

const recipe = variable('RECIPE') === 'read-modify-write' ? readModifyWrite : post;

const twilio = workspace();

async function apply(change: Change): Promise<void> {
  const taskSids = await taskSidsOf(change, twilio);
  if (taskSids.length === 0) throw new Error(`no Task for ${change.ticket}`);
  await Promise.all(taskSids.map((taskSid) => recipe(taskSid, change)));
}

async function post(taskSid: string, { link }: Change): Promise<void> {
  const attributes = JSON.stringify({ conversations: { media: [link] } });
  await twilio.tasks(taskSid).update({ attributes });
}

async function readModifyWrite(taskSid: string, { link }: Change): Promise<void> {
  const task = twilio.tasks(taskSid);
  const attributes = JSON.parse((await task.fetch()).attributes);
  const { media = [] }: { media?: { url?: string }[] } = attributes.conversations ?? {};
  if (media.some(({ url }) => url === link.url)) return;
  attributes.conversations = { ...attributes.conversations, media: [...media, link] };
  await task.update({ attributes: JSON.stringify(attributes) });
}
