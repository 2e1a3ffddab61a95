import { beforeAll, describe, expect, it, vi } from 'vitest';
import {
  alarmMetrics,
  bounds,
  concurrentRequestsFor,
  fixedCost,
  floodCost,
  instances,
  limits,
  memoryMegabytes,
  messagesOfBatch,
  monthlyCost,
  ownMetrics,
  sumOf,
  tracesOf,
} from '../../docs/writers/cost/model.ts';
import { ticketsOfTask } from '../../docs/writers/cost/room-on-a-task.ts';
import { usage } from '../../docs/writers/cost/usage.ts';
import { prices } from '../../infra/prices.ts';
import { syncTimeoutSeconds } from '../../shared/config/numbers.ts';
import { emittedMetrics } from '../infra/emitted-metrics.ts';
import { allOf, one, type Recording, recordResources } from '../infra/record-resources.ts';
import { type Measured, measureChange } from './measure-change.ts';

describe('what a change sets going', () => {
  let measured: Measured;
  beforeAll(async () => {
    measured = await measureChange();
  }, 60_000);

  it('is what the embedded world does for one', () => {
    for (const name of ['eventRequests', 'eventMessages', 'searches', 'writes'] as const) {
      expect(measured[name], name).toBe(usage[name].value);
    }
    // How many come together differs a little from time to time.
    for (const name of ['messages', 'twilioCalls'] as const) {
      expect(Math.abs(measured[name] / usage[name].value - 1), name).toBeLessThan(0.2);
    }
  });

  it('leaves as long lines in the logs', () => {
    const { crmChange, taskEvent, sync } = measured.logBytes;
    for (const [bytes, { value }] of [
      [crmChange, usage.crmChangeLog],
      [taskEvent, usage.taskEventLog],
      [sync, usage.syncLog],
      [measured.attributeCharacters, usage.attributes],
    ] as const) {
      expect(Math.abs(bytes / value - 1)).toBeLessThan(0.2);
    }
  });
});

describe('the cost of changes', () => {
  const perChange = (changes: number) => sumOf(monthlyCost(changes)) / changes;

  it('grows with them, and is less for each of many', () => {
    const volumes = [1, 10_000, 1_000_000, 100_000_000];
    for (const [index, volume] of volumes.entries()) {
      const less = volumes[index - 1];
      if (less === undefined) continue;
      expect(sumOf(monthlyCost(volume))).toBeGreaterThan(sumOf(monthlyCost(less)));
      expect(perChange(volume)).toBeLessThan(perChange(less));
    }
  });

  it('counts each request to the door by the list price', () => {
    const requests = usage.webhooks.value + usage.eventRequests.value;
    expect(monthlyCost(1_000_000).door).toBeCloseTo(
      requests * 1_000_000 * prices.apiRequest.dollars,
    );
  });

  it('has messages come to the sync one by one where they are few, and in whole batches where they are many', () => {
    expect(messagesOfBatch(0)).toBe(1);
    expect(messagesOfBatch(0.01)).toBeLessThan(1.1);
    expect(messagesOfBatch(2 * instances)).toBe(3);
    expect(messagesOfBatch(1e6)).toBe(messagesOfBatch(1e7));
  });

  it('has the queue cost three requests for a message that comes alone, and little more than one in a batch', () => {
    const each = prices.sqsRequest.dollars + prices.sqsFairness.dollars;
    const messages = usage.messages.value;
    expect(monthlyCost(1).queue / (messages * each)).toBeCloseTo(3, 3);
    expect(monthlyCost(1e9).queue / (1e9 * messages * each)).toBeCloseTo(1.2);
  });

  it('has X-Ray record nearly every invocation of few, and one in twenty of many', () => {
    expect(tracesOf(1000) / 1000).toBeGreaterThan(0.99);
    expect(tracesOf(1e12) / 1e12).toBeCloseTo(0.05, 4);
    for (const invocations of [1, 1e6, 1e9]) {
      expect(tracesOf(invocations)).toBeLessThanOrEqual(invocations);
    }
  });
});

describe('the cost while nothing happens', () => {
  it('counts each metric of our own that there is, as CloudWatch does: by its name and its dimensions', async () => {
    const sources = ['zendesk', 'forms'];
    const emitted = await emittedMetrics('own', [...sources, 'unknown']);
    const distinct = new Set(
      emitted.map(({ metricName, dimensions }) => JSON.stringify([metricName, dimensions])),
    );
    const { ofSource, ofEvents, ofSync } = ownMetrics;
    expect(ofSource * (sources.length + 1) + ofEvents + ofSync).toBe(distinct.size);
  });

  it('is more with more sources: a secret, metrics and an alarm of two for each', () => {
    const [one, two] = [fixedCost(1), fixedCost(2)];
    expect(two.secrets - one.secrets).toBeCloseTo(prices.secretMonth.dollars);
    expect(alarmMetrics(2) - alarmMetrics(1)).toBe(2);
    const metrics = 'metrics of our own, at most';
    expect(two[metrics] - one[metrics]).toBeCloseTo(4 * prices.metricMonth.dollars);
  });
});

describe('a stack as the page supposes it', () => {
  let recording: Recording;
  beforeAll(async () => {
    vi.resetModules();
    const zendesk = {
      kind: 'zendesk',
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      signingSecrets: 'hush-the-signing-secret',
    };
    const twilio = {
      accountSid: `AC${'0'.repeat(32)}`,
      apiKey: `SK${'1'.repeat(32)}`,
      apiSecret: 'hush-the-secret-of-the-api-key',
      authToken: 'hush-the-auth-token-of-the-account',
      workspaceSid: `WS${'2'.repeat(32)}`,
    };
    recording = await recordResources(() => import('../../infra/index.ts'), {
      config: {
        'crm-media-sync:sources': JSON.stringify({ zendesk }),
        'crm-media-sync:twilio': JSON.stringify(twilio),
      },
    });
  });

  it('has functions of that memory and that timeout, and a sync of that many instances', () => {
    const functions = allOf(recording, 'aws:lambda/function:Function');
    expect(functions.map(({ inputs }) => inputs['memorySize'])).toEqual(
      functions.map(() => memoryMegabytes),
    );
    expect(one(recording, 'aws:lambda/function:Function', 'sync').inputs['timeout']).toBe(
      syncTimeoutSeconds,
    );
    const { scalingConfig } = one(
      recording,
      'aws:lambda/eventSourceMapping:EventSourceMapping',
    ).inputs;
    expect(scalingConfig).toEqual({ maximumConcurrency: instances });
  });

  it('has as many secrets as are paid for', () => {
    const secrets = allOf(recording, 'aws:secretsmanager/secret:Secret').length;
    expect(fixedCost(1).secrets).toBeCloseTo(secrets * prices.secretMonth.dollars);
  });
});

describe('what bounds a stack', () => {
  it('is met in this order by one that grows: searches, the sync, the routes, the account', () => {
    const met = bounds();
    const order = [met.searchesOneByOne, met.sync, met.eventRoute, met.webhookRoute, met.account];
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(met.searchesTogether).toBeGreaterThan(met.sync);
  });

  it('is raised for the sync by the setting that the page names, and that alone where it is the bound', () => {
    expect(concurrentRequestsFor(bounds().sync * 0.9)).toBe(limits.twilioConcurrentRequests);
    expect(concurrentRequestsFor(bounds().sync * 2)).toBeGreaterThanOrEqual(
      2 * limits.twilioConcurrentRequests,
    );
  });

  it('has a Task hold tens of tickets', () => {
    expect(ticketsOfTask()).toBeGreaterThan(10);
    expect(ticketsOfTask()).toBeLessThan(60);
  });
});

describe('a flood', () => {
  it('costs no more than the requests that are let in, each as a refused one costs, and the lines of the others', () => {
    const { requestsPerSecond, letIn, letInLarge, turnedAway } = floodCost(1);
    expect(requestsPerSecond).toBeGreaterThanOrEqual(2 * limits.requestsPerSecond);
    const requests = requestsPerSecond * 3600;
    expect(letIn).toBeGreaterThan(requests * prices.apiRequest.dollars);
    expect(letInLarge).toBeGreaterThan(letIn + 18 * requests * prices.apiRequest.dollars);
    expect(turnedAway).toBeGreaterThan(0);
    expect(floodCost(3).letIn).toBeGreaterThan(letIn);
  });
});

describe('the prices', () => {
  it('say each where it was read, and of when it is', () => {
    for (const { dollars, page, readIn, asOf } of Object.values(prices)) {
      expect(dollars).toBeGreaterThan(0);
      expect(page).toMatch(/^https:\/\/aws\.amazon\.com\//);
      expect(readIn).toMatch(/^https:\/\//);
      expect(asOf).toMatch(/^([A-Z][a-z]+ )?20\d\d$/);
    }
  });
});
