import { SyncEnvironment } from '../../../lambdas/sync/handler.ts';
import { giveUpAfterSeconds, maxUnfinishedTries } from '../../../shared/config/retry-policy.ts';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import {
  eventTargets,
  functionOfAlias,
  functions,
  mappings,
  queues,
  type ResourceOf,
  redriveAllowPolicies,
} from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured } from './stack-settings.ts';

type Queue = ResourceOf<typeof queues>;

const queueOf = (arn: string | undefined, recording: Recording): Queue | undefined =>
  queues(recording).find(({ known }) => known.arn === arn);

/** The queues that others' messages end in: of a queue, of a function, of a rule. */
const deadLetterArns = (recording: Recording): readonly (string | undefined)[] => [
  ...queues(recording).map(({ inputs }) => inputs.redrivePolicy?.deadLetterTargetArn),
  ...functions(recording).map(({ inputs }) => inputs.deadLetterConfig?.targetArn),
  ...eventTargets(recording).map(({ inputs }) => inputs.deadLetterConfig?.arn),
];

/** The queues that have a dead-letter queue. */
const redrivable = (recording: Recording): readonly Queue[] =>
  queues(recording).filter(({ inputs }) => inputs.redrivePolicy !== undefined);

/** The queues with the function that takes from each, and how. */
const consumed = (recording: Recording) =>
  mappings(recording).map(({ name, inputs }) => ({
    name,
    inputs,
    queue: queueOf(inputs.eventSourceArn, recording),
    lambda: functionOfAlias(inputs.functionName, recording),
  }));

/** How many requests to Twilio one invocation makes at once: changes have five eighths of them. */
const inParallel = (each: ReturnType<typeof consumed>[number]): number => {
  const all = Number(each.lambda?.inputs.environment.variables['CONCURRENT_REQUESTS']);
  const share = each.queue?.name.endsWith('-changes') ? 5 / 8 : 3 / 8;
  return Math.floor((all * share) / concurrencyOf(each));
};

const concurrencyOf = ({ inputs }: ReturnType<typeof consumed>[number]): number =>
  inputs.scalingConfig.maximumConcurrency ?? Number.POSITIVE_INFINITY;

/** Twilio's limits and ways, as docs of Twilio and of the sync have them; not as the program computes them. */
const requestsPerTask = 3;
const slowRequestSeconds = 1;
const evaluationsPerSecond = 3;

/**
 * How large an event may be that EventBridge or Lambda hands over.
 * Source: https://aws.amazon.com/blogs/compute/more-room-to-build-serverless-services-now-support-payloads-up-to-1-mb/
 */
const largestEventBytes = 1024 * 1024;

export const queuesAndNumbers: readonly Rule[] = [
  rule('Every queue has a dead-letter queue or is one', queues, ({ name, known }, recording) =>
    unless(
      deadLetterArns(recording).includes(known.arn) ||
        queueOf(
          queueOf(known.arn, recording)?.inputs.redrivePolicy?.deadLetterTargetArn,
          recording,
        ) !== undefined,
      `${name} has no dead letters and is not for them`,
    ),
  ),

  rule(
    'Dead letters are kept longer than messages, because their age counts from the first send',
    redrivable,
    ({ name, inputs }, recording) => {
      const { messageRetentionSeconds } = inputs;
      const dead = queueOf(inputs.redrivePolicy?.deadLetterTargetArn, recording);
      return unless(
        (dead?.inputs.messageRetentionSeconds ?? 0) > messageRetentionSeconds,
        `${name} keeps messages for ${messageRetentionSeconds} s, its dead letters for ${dead?.inputs.messageRetentionSeconds} s`,
      );
    },
  ),

  rule(
    'Dead letters come from the queues of sync only, and go back to them only',
    redrivable,
    ({ name, inputs }, recording) => {
      const dead = queueOf(inputs.redrivePolicy?.deadLetterTargetArn, recording);
      const sources = redrivable(recording).flatMap((each) =>
        each.inputs.redrivePolicy?.deadLetterTargetArn === dead?.known.arn ? [each.known.arn] : [],
      );
      const policy = redriveAllowPolicies(recording).find(
        (each) => each.inputs.queueUrl === dead?.known.url,
      )?.inputs.redriveAllowPolicy;
      return unless(
        policy?.redrivePermission === 'byQueue' &&
          policy.sourceQueueArns.toSorted().join() === sources.sort().join(),
        `the dead letters of ${name} may be from ${policy?.sourceQueueArns.join()}`,
      );
    },
  ),

  rule(
    'SQS moves a message to the dead-letter queue only after the consumer would have, even if the consumer never starts',
    redrivable,
    ({ name, inputs }) => {
      const { redrivePolicy, visibilityTimeoutSeconds: hidden = 30 } = inputs;
      const most = redrivePolicy?.maxReceiveCount ?? 0;
      return unless(
        most > maxUnfinishedTries && most * hidden >= giveUpAfterSeconds,
        `${name} hands a message over ${most} times, and hides it for ${hidden} s`,
      );
    },
  ),

  rule(
    'The visibility timeout is six times the timeout of the function',
    consumed,
    ({ name, queue, lambda }) => {
      const hidden = queue?.inputs.visibilityTimeoutSeconds ?? 30;
      const timeout = lambda?.inputs.timeout ?? 0;
      // Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
      return unless(hidden >= 6 * timeout, `${name}: hidden ${hidden} s, worked on ${timeout} s`);
    },
  ),

  rule('A function reports the failed messages of a batch', consumed, ({ name, inputs }) =>
    unless(
      inputs.functionResponseTypes.includes('ReportBatchItemFailures'),
      `${name} hands a whole batch over again when one message fails`,
    ),
  ),

  rule('A batch of more than ten has a batch window', consumed, ({ name, inputs }) =>
    unless(
      inputs.batchSize <= 10 || inputs.maximumBatchingWindowInSeconds >= 1,
      `${name} takes ${inputs.batchSize} at once without a window`,
    ),
  ),

  rule(
    'A batch is done before the timeout of its function, even if Twilio is slow and each message is for another Task',
    consumed,
    (each) => {
      const requests = each.inputs.batchSize * requestsPerTask;
      const seconds = Math.ceil(requests / inParallel(each)) * slowRequestSeconds;
      const timeout = each.lambda?.inputs.timeout ?? 0;
      return unless(seconds < timeout, `${each.name}: ${seconds} s of work in ${timeout} s`);
    },
  ),

  rule(
    'sync keeps to the configured requests to Twilio, and can make two at once in each invocation',
    consumed,
    (each, recording) => {
      const { twilioConcurrentRequests: most } = configured(recording).limits;
      const all = Number(each.lambda?.inputs.environment.variables['CONCURRENT_REQUESTS']);
      return unless(
        all === most && inParallel(each) >= 2,
        `${each.name}: ${inParallel(each)} requests to Twilio at once in each, of ${all}`,
      );
    },
  ),

  rule(
    'All instances that search stay within the evaluations that Twilio allows an account together',
    (recording) =>
      consumed(recording).filter(({ queue }) => queue?.name.endsWith('-lookups') === true),
    (each) => {
      const variables = each.lambda?.inputs.environment.variables;
      const { EVALUATIONS_PER_SECOND: share } = SyncEnvironment.parse(variables);
      const all = share * concurrencyOf(each);
      return unless(all > 0 && all <= evaluationsPerSecond, `${each.name}: ${all} a second`);
    },
  ),

  rule(
    'An event of a partner that fails ends in a queue that accepts the largest event',
    // Those with an input of ours tell nothing.
    (recording) => eventTargets(recording).filter(({ inputs }) => inputs.input === undefined),
    ({ name, inputs }, recording) => {
      const lambda = functionOfAlias(inputs.arn, recording);
      return [inputs.deadLetterConfig?.arn, lambda?.inputs.deadLetterConfig?.targetArn].flatMap(
        (arn) =>
          unless(
            (queueOf(arn, recording)?.inputs.maxMessageSize ?? 0) >= largestEventBytes,
            `${name}: events are lost, or those that ${arn} does not take`,
          ),
      );
    },
  ),
];
