import * as z from 'zod';
import { StackLimits } from '../../../infra/config/limits.ts';
import { StackSync } from '../../../infra/config/sync.ts';
import { gigabyte, hoursOfMonth, prices } from '../../../infra/prices.ts';
import { watchesOf } from '../../../infra/watching/watches.ts';
import {
  accountEvaluationsPerSecond,
  batchSize,
  strayRequests,
  syncInstances,
  syncTimeoutSeconds,
} from '../../../shared/config/numbers.ts';
import { usage } from './usage.ts';

const Defaults = z.object({ limits: StackLimits, sync: StackSync });
/** A stack as it comes. */
export const { limits, sync } = Defaults.parse({});

/** As the functions are made: the memory of each. */
export const memoryMegabytes = 512;

export const secondsOfMonth = hoursOfMonth * 3600;

const { tasksInParallel } = sync;
const largestBatch = batchSize(tasksInParallel, syncTimeoutSeconds);
export const instances = syncInstances(limits.twilioConcurrentRequests, tasksInParallel);
const windowSeconds = 1;

/** SQS takes, and hands over, ten messages in a request at the most. */
const messagesOfRequest = 10;

/** Steps that wait for Twilio, one after the other: the two reads of a message are made side by side. */
const twilioSteps = usage.messages.value + usage.writes.value + usage.searches.value;

/**
 * How many messages an invocation of the sync gets: the first, and what comes in the second that it is waited for,
 * which the instances share.
 */
export const messagesOfBatch = (messagesPerSecond: number): number =>
  Math.min(largestBatch, 1 + (messagesPerSecond * windowSeconds) / instances);

/** Seconds of the sync that a change takes, where so many messages come together. */
const syncSeconds = (batch: number): number => {
  const { messages, syncOverheadSeconds, twilioSeconds } = usage;
  const atOnce = Math.min(tasksInParallel, batch);
  return (
    (twilioSteps * twilioSeconds.value) / atOnce +
    (messages.value / batch) * syncOverheadSeconds.value
  );
};

const functionDollars = (invocations: number, seconds: number): number =>
  invocations * prices.lambdaRequest.dollars +
  seconds * (memoryMegabytes / 1024) * prices.lambdaGigabyteSecond.dollars;

/**
 * How many invocations X-Ray records in a month: the first in each second, and one in twenty of the others.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html
 */
export const tracesOf = (invocations: number): number => {
  const perSecond = invocations / secondsOfMonth;
  // As many seconds have one, where they come by chance.
  const first = 1 - Math.exp(-perSecond);
  return (first + 0.05 * (perSecond - first)) * secondsOfMonth;
};

/** Dollars a month for what is used, by what they are for. */
export const monthlyCost = (changes: number) => {
  const batch = messagesOfBatch((changes * usage.messages.value) / secondsOfMonth);
  const requests = changes * (usage.webhooks.value + usage.eventRequests.value);
  const invocations = {
    crmChange: changes * usage.webhooks.value,
    taskEvent: changes * usage.eventRequests.value,
    sync: (changes * usage.messages.value) / batch,
  };
  const invoked = invocations.crmChange + invocations.taskEvent + invocations.sync;
  const messages = changes * usage.messages.value;
  const { crmChangeLog, taskEventLog, syncLog, platformLog, accessLog, requestOut } = usage;
  const logged =
    changes * (crmChangeLog.value + taskEventLog.value + syncLog.value) +
    invoked * platformLog.value +
    requests * accessLog.value;
  // Each write sends the attributes, encoded as a form.
  const sent =
    (requests + changes * usage.twilioCalls.value) * requestOut.value +
    changes * usage.writes.value * 1.5 * usage.attributes.value;
  const traces =
    tracesOf(invocations.crmChange) + tracesOf(invocations.taskEvent) + tracesOf(invocations.sync);

  return {
    door: requests * prices.apiRequest.dollars,
    'crm-change': functionDollars(
      invocations.crmChange,
      invocations.crmChange * usage.crmChangeSeconds.value,
    ),
    'task-event': functionDollars(
      invocations.taskEvent,
      invocations.taskEvent * usage.taskEventSeconds.value,
    ),
    sync: functionDollars(invocations.sync, changes * syncSeconds(batch)),
    // Sent one by one; taken and deleted in requests of up to ten.
    queue:
      messages *
      (1 + 2 / Math.min(messagesOfRequest, batch)) *
      (prices.sqsRequest.dollars + prices.sqsFairness.dollars),
    logs: (logged / gigabyte) * prices.logGigabyte.dollars,
    traces: traces * prices.trace.dollars,
    'data out': (sent / gigabyte) * prices.outGigabyte.dollars,
  };
};

export const sumOf = (dollars: Readonly<Record<string, number>>): number =>
  Object.values(dollars).reduce((sum, each) => sum + each, 0);

/** Metrics of our own by what counts them: those of a source are as many for each, and for strangers. */
export const ownMetrics = { ofSource: 4, ofEvents: 5, ofSync: 23, ofTheApi: 1 } as const;

/** How many metrics a stack's alarms look at, where so many sources send webhooks. */
export const alarmMetrics = (sources: number): number => {
  const watches = watchesOf({
    queue: 'queue',
    deadLetters: 'dead-letters',
    deadEvents: 'dead-events',
    crmChange: 'crm-change',
    taskEvent: 'task-event',
    sync: 'sync',
    apiId: 'api',
    sources: Array.from({ length: sources }, (_, index) => `source-${index}`),
    metricsNamespace: 'own',
  });
  return Object.values(watches).reduce(
    (sum, { value }) => sum + ('metric' in value ? 1 : Object.keys(value.of).length),
    0,
  );
};

/**
 * Pollers that a queue has while nothing comes, and how long each waits for a message.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
 */
const idlePollers = 5;
const pollSeconds = 20;

/** SQS asks for a data key every five minutes, for each who sends or receives. */
const dataKeySeconds = 300;

/** Dollars a month that a stack costs while nothing comes, by what they are for. */
export const fixedCost = (sources: number) => {
  const secrets = 2 + sources;
  const metrics =
    ownMetrics.ofSource * (sources + 1) +
    ownMetrics.ofEvents +
    ownMetrics.ofSync +
    ownMetrics.ofTheApi;
  const readings = (secrets * secondsOfMonth) / dataKeySeconds;
  // Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
  const [producers, consumers] = [3, 1];
  const keyUses = (secondsOfMonth / dataKeySeconds) * (2 * producers + consumers) + readings;
  return {
    key: prices.keyMonth.dollars,
    secrets: secrets * prices.secretMonth.dollars,
    alarms: alarmMetrics(sources) * prices.alarmMetricMonth.dollars,
    dashboard: prices.dashboardMonth.dollars,
    'metrics of our own, at most': metrics * prices.metricMonth.dollars,
    'polling the queue': ((idlePollers * secondsOfMonth) / pollSeconds) * prices.sqsRequest.dollars,
    'reading secrets, using the key':
      readings * prices.secretRequest.dollars + keyUses * prices.kmsRequest.dollars,
  };
};

/** Requests a second that the door hands on, where so many sources send webhooks. */
const mostRequests = (sources: number): number =>
  (sources + 1) * limits.requestsPerSecond + strayRequests.requestsPerSecond;

/** A line of ours, one of metrics, Lambda's own and the API's. */
const refusedBytes = usage.crmChangeLog.value + usage.platformLog.value + usage.accessLog.value;

/** Requests a second that an account's APIs take in a region, all together. */
export const accountRequestsPerSecond = 10_000;

/** A request counts as one for each 512 KB of its body, of which there may be 10 MB. */
export const requestsOfLargestBody = 20;

/** Dollars an hour that a flood costs at the most: of what is let in, and of what is turned away. */
export const floodCost = (sources: number) => {
  const letIn = mostRequests(sources) * 3600;
  const each =
    prices.apiRequest.dollars +
    functionDollars(1, usage.crmChangeSeconds.value) +
    (refusedBytes / gigabyte) * prices.logGigabyte.dollars +
    (usage.requestOut.value / gigabyte) * prices.outGigabyte.dollars;
  const traced = tracesOf(mostRequests(sources) * secondsOfMonth) / hoursOfMonth;
  const small = letIn * each + traced * prices.trace.dollars;
  const turnedAway = accountRequestsPerSecond * 3600 - letIn;
  const line = (usage.accessLog.value / gigabyte) * prices.logGigabyte.dollars;
  return {
    requestsPerSecond: mostRequests(sources),
    letIn: small,
    letInLarge: small + letIn * (requestsOfLargestBody - 1) * prices.apiRequest.dollars,
    turnedAway: Math.max(0, turnedAway) * line,
  };
};

/** Changes a month at which each bound is met by the middle of its load, if that were even. */
export const bounds = () => {
  const perRoute = limits.requestsPerSecond;
  const requestsPerChange = usage.webhooks.value + usage.eventRequests.value;
  const changesOfBatch = largestBatch / usage.messages.value;
  return {
    webhookRoute: (perRoute / usage.webhooks.value) * secondsOfMonth,
    eventRoute: (perRoute / usage.eventRequests.value) * secondsOfMonth,
    account: (accountRequestsPerSecond / requestsPerChange) * secondsOfMonth,
    searchesOneByOne: (accountEvaluationsPerSecond / usage.searches.value) * secondsOfMonth,
    searchesTogether: accountEvaluationsPerSecond * changesOfBatch * secondsOfMonth,
    sync: (instances / syncSeconds(largestBatch)) * secondsOfMonth,
  };
};

/** `limits.twilioConcurrentRequests` that so many changes a month need; never less than the default. */
export const concurrentRequestsFor = (changes: number): number => {
  const needed = (changes / secondsOfMonth) * syncSeconds(largestBatch);
  const perInstance = limits.twilioConcurrentRequests / instances;
  return Math.max(limits.twilioConcurrentRequests, Math.ceil(needed) * perInstance);
};
