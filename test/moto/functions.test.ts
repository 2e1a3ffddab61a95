import { expect, it } from 'vitest';
import { account, region } from './aws.ts';
import { named, only } from './find.ts';
import { describeStack } from './moto-stack.ts';

describeStack('usual', 'the functions', (stack) => {
  const crmChange = () => named(stack().state.functions, '-crm-change');
  const taskEvent = () => named(stack().state.functions, '-task-event');
  const sync = () => named(stack().state.functions, '-sync');
  const changes = () => named(stack().state.queues, '-changes');

  it('have timeouts of 10 s, 10 s and 30 s, and 512 MB of memory', () => {
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

  it('have the URLs of the queues in their environments', () => {
    const urls = [crmChange(), taskEvent(), sync()].map(
      ({ configuration }) => configuration.Environment?.Variables?.['QUEUE_URL'],
    );
    expect(urls).toEqual([changes().url, changes().url, changes().url]);
    expect(sync().configuration.Environment?.Variables?.['DEAD_LETTER_QUEUE_URL']).toBe(
      named(stack().state.queues, '-changes-dead-letters').url,
    );
  });

  it('reserve concurrency, and leave the 100 unreserved that AWS keeps', () => {
    const reserved = [crmChange(), taskEvent(), sync()].map(({ reservedConcurrency }) =>
      Number(reservedConcurrency),
    );
    for (const concurrency of reserved) expect(concurrency).toBeGreaterThan(0);
    // The default quota of an account is 1000.
    // Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
    expect(reserved.reduce((sum, concurrency) => sum + concurrency)).toBeLessThanOrEqual(900);
  });

  it('are invoked by their routes and their rule, and the sync by nothing but its mapping', () => {
    const api = only(stack().state.apis);
    const rule = only(stack().state.eventRules);
    const invokers = ({ policy }: ReturnType<typeof sync>) =>
      policy.flatMap(({ Condition }) => Object.values(Object.values(Condition)[0] ?? {}).flat());
    const route = (path: string) => `arn:aws:execute-api:${region}:${account}:${api.id}/*/${path}`;
    expect(invokers(crmChange()).toSorted()).toEqual(
      [
        route('$default'),
        route('POST/webhooks/soap/*'),
        route('POST/webhooks/zendesk'),
        rule.arn,
      ].toSorted(),
    );
    expect(invokers(taskEvent())).toEqual([route('POST/twilio/task-events')]);
    expect(invokers(sync())).toEqual([]);
    expect(only(stack().state.mappings)).toMatchObject({
      EventSourceArn: changes().arn,
      FunctionArn: sync().arn,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      State: 'Enabled',
    });
  });
});
