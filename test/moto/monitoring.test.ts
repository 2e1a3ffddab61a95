import { beforeAll, expect, it } from 'vitest';
import { arnLike } from './arn-like.ts';
import { only } from './find.ts';
import { describeAtMoto, type StackAtMoto, stackAtMoto } from './moto-stack.ts';

let stack: StackAtMoto;
const stackAtHand = async () => {
  stack = await stackAtMoto('full');
};

const topic = () => only(stack.state.topics);

describeAtMoto('the alarms', () => {
  beforeAll(stackAtHand);

  it('publish to the topic when they start and when they end', () => {
    expect(stack.state.alarms.length).toBeGreaterThanOrEqual(9);
    for (const { begins, enabled, ends } of stack.state.alarms) {
      expect({ begins, enabled, ends }).toEqual({
        begins: [topic().arn],
        enabled: true,
        ends: [topic().arn],
      });
    }
  });

  it('watch existing queues, functions and APIs', () => {
    const { alarms, apis, functions, queues } = stack.state;
    const real: Record<string, readonly unknown[]> = {
      QueueName: queues.map(({ name }) => name),
      FunctionName: functions.map(({ name }) => name),
      ApiId: apis.map(({ id }) => id),
      service: ['crm-change', 'task-event', 'sync'],
      source: Object.keys(Object(stack.outputs['sources'])),
    };
    const watched = alarms.flatMap(({ dimensions, queries = [] }) => [
      ...Object.entries(dimensions),
      ...queries.flatMap(({ MetricStat }) =>
        (MetricStat?.Metric?.Dimensions ?? []).map(({ Name, Value }) => [String(Name), Value]),
      ),
    ]);
    expect(watched.length).toBeGreaterThanOrEqual(alarms.length);
    for (const [dimension, value] of watched) {
      expect(real[String(dimension)], String(dimension)).toContain(value);
    }
  });
});

describeAtMoto('the 429 responses of the API', () => {
  beforeAll(stackAtHand);

  it('are counted from the access log, with the metric of an alarm', () => {
    const { alarms, apis, logGroups, metricFilters } = stack.state;
    const { group, metrics } = only(metricFilters);
    const { arn } = only(logGroups.filter(({ name }) => name === group));
    const destination = only(only(apis).stages).AccessLogSettings?.DestinationArn;
    expect(destination).toBe(arn);
    const { namespace, name } = only(metrics);
    const watching = alarms.filter((alarm) => alarm.metric === name);
    expect(watching.map((alarm) => alarm.namespace)).toEqual([namespace]);
  });
});

describeAtMoto('the topic', () => {
  beforeAll(stackAtHand);

  it('is encrypted with the key of the stack, and has the configured subscription', () => {
    expect(topic().key).toBe(only(stack.state.keys).arn);
    expect(topic().told).toEqual([{ Protocol: 'email', Endpoint: 'oncall@acme.com' }]);
  });

  it('accepts messages of alarms of its account and region, and denies plain HTTP', () => {
    const [denied, allowed] = ['Deny', 'Allow'].map((effect) =>
      only(topic().policy.filter(({ Effect }) => Effect === effect)),
    );
    expect(denied).toMatchObject({
      Principal: '*',
      Resource: [topic().arn],
      Condition: { Bool: { 'aws:SecureTransport': ['false'] } },
    });
    expect(allowed).toMatchObject({
      Principal: { Service: ['cloudwatch.amazonaws.com'] },
      Action: ['sns:Publish'],
      Resource: [topic().arn],
    });
    const pattern = only(allowed?.Condition['ArnLike']?.['aws:SourceArn'] ?? []);
    for (const { arn } of stack.state.alarms) expect(arnLike(pattern, String(arn))).toBe(true);
  });
});

describeAtMoto('the dashboard', () => {
  beforeAll(stackAtHand);

  it('shows the existing queues, functions, APIs and alarms', () => {
    const { alarms, apis, dashboards, functions, queues } = stack.state;
    const { body } = only(dashboards);
    const shown = JSON.stringify(body);
    for (const { name } of [...queues, ...functions]) expect(shown).toContain(`"${name}"`);
    for (const { id } of apis) expect(shown).toContain(`"${id}"`);
    for (const { arn } of alarms) expect(shown).toContain(`"${arn}"`);
  });
});
