import { expect, it } from 'vitest';
import { only } from './find.ts';
import { describeStack } from './moto-stack.ts';

describeStack('full', 'the monitoring', (stack) => {
  it('has alarms for existing queues, functions and APIs only', () => {
    const { alarms, apis, functions, queues } = stack().state;
    const real: Record<string, readonly unknown[]> = {
      QueueName: queues.map(({ name }) => name),
      FunctionName: functions.map(({ name }) => name),
      ApiId: apis.map(({ id }) => id),
      service: ['crm-change', 'task-event', 'sync'],
      source: Object.keys(Object(stack().outputs['sources'])),
    };
    const watched = alarms.flatMap(({ dimensions }) => dimensions);
    expect(watched.length).toBeGreaterThanOrEqual(alarms.length);
    for (const { Name, Value } of watched) {
      expect(real[String(Name)], String(Name)).toContain(Value);
    }
  });

  it('counts the 429 responses of the API from its access log, with the metric of an alarm', () => {
    const { alarms, apis, logGroups, metricFilters } = stack().state;
    const { group, metrics } = only(metricFilters);
    const { arn } = only(logGroups.filter(({ name }) => name === group));
    const destination = only(only(apis).stages).AccessLogSettings?.DestinationArn;
    expect(destination).toBe(arn);
    const { namespace, name } = only(metrics);
    const watching = alarms.filter((alarm) => alarm.metric === name);
    expect(watching.map((alarm) => alarm.namespace)).toEqual([namespace]);
  });

  it('has a dashboard with the existing queues, functions, APIs and alarms', () => {
    const { alarms, apis, dashboards, functions, queues } = stack().state;
    const { body } = only(dashboards);
    for (const { name } of [...queues, ...functions]) expect(body).toContain(`"${name}"`);
    for (const { id } of apis) expect(body).toContain(`"${id}"`);
    for (const { arn } of alarms) expect(body).toContain(`"${arn}"`);
  });
});
