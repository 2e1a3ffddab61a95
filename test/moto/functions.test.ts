import { beforeAll, expect, it } from 'vitest';
import { account, region } from './aws.ts';
import { inputsOf, named, only } from './find.ts';
import { describeAtMoto, type StackAtMoto, stackAtMoto } from './moto-stack.ts';

let stack: StackAtMoto;
const stackAtHand = async () => {
  stack = await stackAtMoto('usual');
};

const crmChange = () => named(stack.state.functions, '-crm-change');
const taskEvent = () => named(stack.state.functions, '-task-event');
const sync = () => named(stack.state.functions, '-sync');
const changes = () => named(stack.state.queues, '-changes');

describeAtMoto('the functions', () => {
  beforeAll(stackAtHand);

  it('run on Node 24 and arm64, are traced, and stand outside any network', () => {
    expect(stack.state.functions).toHaveLength(3);
    for (const { configuration } of stack.state.functions) {
      expect(configuration).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        TracingConfig: { Mode: 'Active' },
        PackageType: 'Zip',
        State: 'Active',
      });
      expect(configuration.VpcConfig).toBeUndefined();
    }
  });

  it('answer a webhook in 10 seconds, work on a batch for 30, and have half a gigabyte', () => {
    const bounds = [crmChange(), taskEvent(), sync()].map(({ configuration }) => [
      configuration.Timeout,
      configuration.MemorySize,
    ]);
    expect(bounds).toEqual([
      [10, 512],
      [10, 512],
      [30, 512],
    ]);
  });

  it('are told the queues by the URLs that SQS gave', () => {
    const told = [crmChange(), taskEvent(), sync()].map(
      ({ configuration }) => configuration.Environment?.Variables?.['QUEUE_URL'],
    );
    expect(told).toEqual([changes().url, changes().url, changes().url]);
    expect(sync().configuration.Environment?.Variables?.['DEAD_LETTER_QUEUE_URL']).toBe(
      named(stack.state.queues, '-changes-dead-letters').url,
    );
  });

  it('are told no secret', () => {
    const values = stack.state.secrets.flatMap(({ value }) => Object.values(Object(value)));
    const told = JSON.stringify(stack.state.functions.map(({ configuration }) => configuration));
    // The sids of the account and of its key are none.
    const secrets = values.filter((text) => !/^(AC|SK)/.test(String(text)));
    expect(secrets.length).toBeGreaterThanOrEqual(stack.state.secrets.length);
    for (const value of secrets) {
      expect(told).not.toContain(value);
    }
  });

  it('keep concurrency free for each other, and leave the 100 that AWS wants unreserved', () => {
    const reserved = [crmChange(), taskEvent(), sync()].map(({ reservedConcurrency }) =>
      Number(reservedConcurrency),
    );
    for (const concurrency of reserved) expect(concurrency).toBeGreaterThan(0);
    // An account has 1000 until it asks for more.
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    expect(reserved.reduce((sum, concurrency) => sum + concurrency)).toBeLessThanOrEqual(900);
  });

  it('log JSON to groups of their own, which are encrypted and kept for 90 days', () => {
    const key = only(stack.state.keys).arn;
    for (const part of ['crm-change', 'task-event', 'sync']) {
      const group = named(stack.state.logGroups, `-${part}-logs`);
      expect(group).toMatchObject({ retentionDays: 90, key });
      // moto takes the logging configuration and does not tell it.
      const inputs = inputsOf(stack, 'aws:lambda/function:Function', `-${part}`);
      expect(inputs['loggingConfig']).toEqual({ logFormat: 'JSON', logGroup: group.name });
    }
  });

  it('keep the events that crm-change fails on in the event dead-letter queue', () => {
    // moto takes the dead-letter configuration and does not tell it.
    const inputs = inputsOf(stack, 'aws:lambda/function:Function', '-crm-change');
    expect(inputs['deadLetterConfig']).toEqual({
      targetArn: named(stack.state.queues, '-events-dead-letters').arn,
    });
  });

  it('may be called by the routes and the rule that lead to them, and the sync by nobody', () => {
    const api = only(stack.state.apis);
    const rule = only(stack.state.buses.flatMap(({ rules }) => rules));
    const callers = ({
      policy,
    }: {
      policy: readonly { Principal?: unknown; Condition: object }[];
    }) =>
      policy.map(({ Condition }) =>
        Object.values(Object.values(Condition)[0] ?? {})
          .flat()
          .join(),
      );
    const route = (path: string) => `arn:aws:execute-api:${region}:${account}:${api.id}/*/${path}`;
    expect(callers(crmChange()).toSorted()).toEqual(
      [
        route('$default'),
        route('POST/webhooks/soap/*'),
        route('POST/webhooks/zendesk'),
        rule.arn,
      ].toSorted(),
    );
    expect(callers(taskEvent())).toEqual([route('POST/twilio/task-events')]);
    expect(callers(sync())).toEqual([]);
  });

  it('may be called for nothing but their work, by services and not by accounts', () => {
    const statements = stack.state.functions.flatMap(({ arn, policy }) =>
      policy.map((statement) => ({ arn, ...statement })),
    );
    for (const { arn, ...statement } of statements) {
      expect(statement).toMatchObject({
        Effect: 'Allow',
        Principal: { Service: [expect.stringMatching(/^(apigateway|events)\.amazonaws\.com$/)] },
        Action: ['lambda:InvokeFunction'],
        Resource: [arn],
      });
    }
  });
});

describeAtMoto('the event source mapping', () => {
  beforeAll(stackAtHand);

  const mapping = () => only(stack.state.mappings);

  it('hands the changes to the sync, which answers for each by itself', () => {
    expect(mapping()).toMatchObject({
      EventSourceArn: changes().arn,
      FunctionArn: sync().arn,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      State: 'Enabled',
    });
  });

  it('never starts more of it than its concurrency was reserved for', () => {
    const most = Number(mapping().ScalingConfig?.MaximumConcurrency);
    expect(most).toBeGreaterThanOrEqual(2);
    expect(sync().reservedConcurrency).toBeGreaterThanOrEqual(most);
  });

  it('has the window that a batch of more than ten needs', () => {
    expect(mapping().BatchSize).toBeGreaterThan(10);
    expect(mapping().MaximumBatchingWindowInSeconds).toBe(1);
  });
});
