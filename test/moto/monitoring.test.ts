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

  it('tell the topic when they begin and when they end', () => {
    expect(stack.state.alarms.length).toBeGreaterThanOrEqual(9);
    for (const { begins, enabled, ends } of stack.state.alarms) {
      expect({ begins, enabled, ends }).toEqual({
        begins: [topic().arn],
        enabled: true,
        ends: [topic().arn],
      });
    }
  });

  it('watch queues, functions and an API that are there', () => {
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

describeAtMoto('what the API turns away', () => {
  beforeAll(stackAtHand);

  it('is counted in its own log, by the name that an alarm goes by', () => {
    const { alarms, apis, logGroups, metricFilters } = stack.state;
    const { group, metrics } = only(metricFilters);
    const { arn } = only(logGroups.filter(({ name }) => name === group));
    const told = only(only(apis).stages).AccessLogSettings?.DestinationArn;
    expect(told).toBe(arn);
    const { namespace, name } = only(metrics);
    const watching = alarms.filter((alarm) => alarm.metric === name);
    expect(watching.map((alarm) => alarm.namespace)).toEqual([namespace]);
  });
});

describeAtMoto('the topic', () => {
  beforeAll(stackAtHand);

  it('is encrypted with the key of the stack, and tells the address that was given', () => {
    expect(topic().key).toBe(only(stack.state.keys).arn);
    expect(topic().told).toEqual([{ Protocol: 'email', Endpoint: 'oncall@acme.com' }]);
  });

  it('takes messages from the alarms of its account and region, and none over plain HTTP', () => {
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

  it('shows the queues, the functions, the API and the alarms that are there', () => {
    const { alarms, apis, dashboards, functions, queues } = stack.state;
    const { body } = only(dashboards);
    const shown = JSON.stringify(body);
    for (const { name } of [...queues, ...functions]) expect(shown).toContain(`"${name}"`);
    for (const { id } of apis) expect(shown).toContain(`"${id}"`);
    for (const { arn } of alarms) expect(shown).toContain(`"${arn}"`);
  });
});
