import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { Alarms } from '../../infra/components/alarms.ts';
import { EventDeadLetters } from '../../infra/components/event-dead-letters.ts';
import { NodeFunction } from '../../infra/components/node-function.ts';
import { RedrivableQueue } from '../../infra/components/redrivable-queue.ts';
import { guardTaskRouter } from '../../lambdas/sync/breaker/guarded-task-router.ts';
import type { DeadLetterReason } from '../../lambdas/sync/fate/triage.ts';
import type { Handled } from '../../lambdas/sync/handled.ts';
import { countOutcomes } from '../../lambdas/sync/report/count-outcomes.ts';
import { breakerFailures } from '../../shared/config/breaker.ts';
import { finishedTaskSeconds, longestDelaySeconds } from '../../shared/config/numbers.ts';
import { Retryable } from '../../shared/taskrouter/failures.ts';
import {
  allOf,
  one,
  type Recording,
  type Registered,
  recordResources,
} from './record-resources.ts';
import { restrictedValues } from './restricted-values.ts';

const alarmType = 'aws:cloudwatch/metricAlarm:MetricAlarm';
const topicType = 'aws:sns/topic:Topic';
const topicArn = 'arn:aws:sns:eu-west-1:123456789012:watch-0a1b2c3';

const build = (settings: { readonly email?: string } = {}, runbookUrl = 'docs/runbook.md') => {
  const lambda = (service: string) =>
    new NodeFunction(service, {
      entry: 'test/infra/fixtures/handler.ts',
      service,
      description: 'Does the work',
      permissions: [],
      environment: {},
      timeoutSeconds: 20,
      memoryMegabytes: 256,
      logRetentionDays: 30,
    });
  return new Alarms('watch', {
    changes: new RedrivableQueue('orders', { consumerTimeoutSeconds: 20, consumerTries: 18 }),
    eventDeadLetters: new EventDeadLetters('events', { rules: [] }),
    crmChange: lambda('crm-change'),
    taskEvent: lambda('task-event'),
    sync: lambda('sync'),
    runbookUrl,
    ...settings,
  });
};

let recording: Recording;
beforeAll(async () => {
  recording = await recordResources(() => ({ topicArn: build().topicArn }));
});

const alarms = (): Registered[] => allOf(recording, alarmType);
const alarm = (heading: string) => one(recording, alarmType, `watch-${heading}`).inputs;

describe('Alarms', () => {
  it.each([
    ['dead-letters', 'orders-dead-letters-0a1b2c3'],
    ['dead-events', 'events-dead-letters-0a1b2c3'],
  ])(
    '%s tells of a single message within a minute, and once while somebody looks into the queue',
    (heading, QueueName) => {
      expect(alarm(heading)).toMatchObject({
        namespace: 'AWS/SQS',
        metricName: 'ApproximateNumberOfMessagesVisible',
        dimensions: { QueueName },
        statistic: 'Maximum',
        period: 60,
        threshold: 1,
        datapointsToAlarm: 1,
        evaluationPeriods: 5,
      });
    },
  );

  it('twilio-refuses-the-key tells of the first refusal, and stays on between sparse tries', () => {
    expect(alarm('twilio-refuses-the-key')).toMatchObject({
      metricName: 'Unauthorized',
      statistic: 'Sum',
      period: 60,
      threshold: 1,
      datapointsToAlarm: 1,
      evaluationPeriods: 15,
    });
  });

  it('taskrouter-does-not-answer tells of an outage, not of a hiccup of a minute or two', () => {
    expect(alarm('taskrouter-does-not-answer')).toMatchObject({
      metricName: 'BreakerOpened',
      statistic: 'Sum',
      period: 60,
      threshold: 1,
      datapointsToAlarm: 3,
      evaluationPeriods: 10,
    });
  });

  it('queue-backlog tells of messages older than any that was only held back', () => {
    const { threshold, ...inputs } = alarm('queue-backlog');
    expect(inputs).toMatchObject({
      namespace: 'AWS/SQS',
      metricName: 'ApproximateAgeOfOldestMessage',
      dimensions: { QueueName: 'orders-0a1b2c3' },
      statistic: 'Maximum',
      period: 60,
    });
    expect(threshold).toBeGreaterThan(longestDelaySeconds + 60);
    expect(threshold).toBeLessThan(longestDelaySeconds + 900);
  });

  it('tickets-too-late tells of tickets that were under way while their Task still lived', () => {
    expect(alarm('tickets-too-late')).toMatchObject({
      metricName: 'ExpiredLag',
      statistic: 'Maximum',
      period: 300,
      threshold: finishedTaskSeconds * 1000,
    });
  });

  it.each([
    ['sync-fails', 'sync'],
    ['crm-change-fails', 'crm-change'],
    ['task-event-fails', 'task-event'],
  ])('%s tells of an error of that function', (heading, service) => {
    expect(alarm(heading)).toMatchObject({
      namespace: 'AWS/Lambda',
      metricName: 'Errors',
      dimensions: { FunctionName: `${service}-0a1b2c3` },
      statistic: 'Sum',
      period: 300,
      threshold: 1,
    });
  });

  it('goes to the topic with all of them, when they begin and when they end, and with no data is quiet', () => {
    expect(alarms()).toHaveLength(9);
    for (const { inputs } of alarms()) {
      expect(inputs).toMatchObject({
        alarmActions: [topicArn],
        okActions: [topicArn],
        comparisonOperator: 'GreaterThanOrEqualToThreshold',
        treatMissingData: 'notBreaching',
      });
    }
    expect(recording.outputs['topicArn']).toBe(topicArn);
  });

  it('gives each alarm the name that it has here, for those who look for it by its beginning', () => {
    for (const { name, inputs } of alarms()) expect(inputs['name']).toBe(name);
  });

  it('has only values that AWS takes', () => {
    for (const resource of alarms()) {
      expect(restrictedValues[alarmType]?.safeParse(resource).error?.issues).toBeUndefined();
    }
  });
});

describe('the metrics of the alarms', () => {
  interface Counted {
    readonly name: string;
    readonly unit: string;
    readonly value: number;
  }
  const meter = () => {
    const counted: Counted[] = [];
    return {
      counted,
      addMetric: (name: string, unit: string, value: number) => counted.push({ name, unit, value }),
      publishStoredMetrics: () => {},
    };
  };

  const now = Date.UTC(2026, 10, 22);
  const lateBySeconds = (seconds: number, outcome: Handled['outcome']): Handled => ({
    record: {
      messageId: 'message',
      receiptHandle: 'receipt',
      body: '',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '0',
        SenderId: '',
        ApproximateFirstReceiveTimestamp: '0',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: '',
      awsRegion: '',
    },
    tries: 1,
    firstTriedAt: now,
    message: {
      v: 1,
      kind: 'ticket-change',
      ticket: 'zendesk/1',
      version: '1',
      link: null,
      correlation: {},
      occurredAt: now - seconds * 1000,
      receivedAt: now,
    },
    outcome,
    visits: [],
    fate: { fate: 'acknowledge' },
  });

  /** What sync counts when the world is as the alarms tell of it. */
  const countedBySync = async (): Promise<Counted[]> => {
    const metrics = meter();
    const batch = [
      lateBySeconds(finishedTaskSeconds, { outcome: 'expired' }),
      lateBySeconds(0, { outcome: 'retry', reason: 'unauthorized', detail: 'HTTP 401' }),
    ];
    countOutcomes(metrics, batch, new Set(), 0, now);
    const down = () => Promise.reject(new Retryable('It is down'));
    const taskRouter = guardTaskRouter(
      {
        fetchTask: down,
        listReservations: down,
        updateAttributes: down,
        evaluate: down,
        listTasks: down,
      },
      {
        now: () => now,
        random: () => 0,
        metrics,
        logger: { info: () => {}, warn: () => {}, error: () => {} },
      },
    );
    for (let failures = 0; failures < breakerFailures; failures += 1) {
      await taskRouter.fetchTask('WT', { calls: 0 }).catch(() => {});
    }
    return metrics.counted;
  };

  const ours = () => alarms().filter(({ inputs }) => inputs['namespace'] === 'crm-media-sync');

  it('are such as sync counts, to what the alarm takes for too much', async () => {
    const counted = await countedBySync();
    expect(ours()).toHaveLength(3);
    for (const { inputs } of ours()) {
      const values = counted
        .filter(({ name }) => name === inputs['metricName'])
        .map(({ value }) => value);
      expect(values, String(inputs['metricName'])).toEqual([inputs['threshold']]);
    }
  });

  it('have the namespace and the one dimension that the function of that name writes', () => {
    const { environment } = one(recording, 'aws:lambda/function:Function', 'sync').inputs;
    for (const { inputs } of ours()) {
      expect(environment).toEqual({
        variables: {
          POWERTOOLS_SERVICE_NAME: Object(inputs['dimensions']).service,
          POWERTOOLS_METRICS_NAMESPACE: inputs['namespace'],
        },
      });
      expect(Object.keys(Object(inputs['dimensions']))).toEqual(['service']);
    }
  });
});

describe('the runbook', () => {
  /** As GitHub makes anchors of headings. */
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(/\s/g, '-');

  const page = readFileSync(join(repositoryRoot, 'docs/runbook.md'), 'utf8');
  const anchors = [...page.matchAll(/^#{2,} (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

  it('has one heading for each alarm, which its description ends with, and which its name ends with', () => {
    for (const { inputs } of alarms()) {
      const [, meaning, anchor] =
        /^(.+\.) docs\/runbook\.md#(\S+)$/.exec(String(inputs['alarmDescription'])) ?? [];
      expect(meaning?.match(/[.](?: |$)/g)?.length, meaning).toBeLessThanOrEqual(2);
      expect(anchors.filter((each) => each === anchor)).toHaveLength(1);
      expect(inputs['name']).toBe(`watch-${anchor}`);
    }
  });

  it('tells of each reason that a dead letter may have', () => {
    const reasons: Record<DeadLetterReason | 'never-finished', true> = {
      'taskrouter-unavailable': true,
      unauthorized: true,
      crashed: true,
      'never-finished': true,
      'attributes-full': true,
      'attributes-unreadable': true,
      'refused-by-twilio': true,
      'invalid-message': true,
    };
    for (const reason of Object.keys(reasons)) expect(page).toContain(`\n| \`${reason}\` |`);
  });

  it('is where the stack says that it is', async () => {
    const url = 'https://wiki.acme.com/runbook';
    const elsewhere = await recordResources(() => {
      build({}, url);
    });
    for (const { inputs } of allOf(elsewhere, alarmType)) {
      expect(inputs['alarmDescription']).toMatch(/\. https:\/\/wiki\.acme\.com\/runbook#[a-z-]+$/);
    }
  });
});

describe('the topic', () => {
  it('takes what this account’s alarms tell, and nothing over plain HTTP', () => {
    const { inputs } = one(recording, 'aws:sns/topicPolicy:TopicPolicy');
    expect(inputs['arn']).toBe(topicArn);
    expect(JSON.parse(String(inputs['policy'])).Statement).toEqual([
      {
        Sid: 'NoPlainHttp',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'Alarms',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: topicArn,
        Condition: {
          ArnLike: { 'aws:SourceArn': 'arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*' },
        },
      },
    ]);
  });

  it('is not encrypted with the key of AWS, which alarms may not use', () => {
    expect(one(recording, topicType).inputs).not.toHaveProperty('kmsMasterKeyId');
  });

  it('tells an address where the stack has one, and nobody else', async () => {
    const type = 'aws:sns/topicSubscription:TopicSubscription';
    expect(allOf(recording, type)).toEqual([]);
    const told = await recordResources(() => {
      build({ email: 'oncall@acme.com' });
    });
    expect(one(told, type).inputs).toEqual({
      topic: topicArn,
      protocol: 'email',
      endpoint: 'oncall@acme.com',
    });
  });
});
