import { expect, it } from 'vitest';
import { createSecretReader } from '../../shared/aws/secrets.ts';
import { fromZendesk, setUpWebhook, zendeskSecret, zendeskStatus } from '../crm-change/webhook.ts';

/** A webhook whose secret is given by a script: a text, or the name of an error. */
const setUp = () => {
  const at = { now: 0, answer: zendeskSecret, calls: 0 };
  const [warnings, metrics]: [unknown[], unknown[]] = [[], []];
  const metric = { addMetric: (name: string) => metrics.push(name) };
  const readSecret = createSecretReader({
    now: () => at.now,
    logger: { warn: (_message, ...fields) => void warnings.push(...fields) },
    metrics: { singleMetric: () => metric } as never,
    fetchSecret: async () => {
      at.calls += 1;
      if (!/^\w+Exception$/.test(at.answer)) return at.answer;
      throw Object.assign(new Error('any'), { name: at.answer });
    },
  });
  const { crmChange } = setUpWebhook({ readSecret });
  const statusAt = async (minutes: number) => {
    at.now = minutes * 60_000;
    return (await crmChange(fromZendesk(zendeskStatus))).statusCode;
  };
  return { at, statusAt, warnings, metrics };
};

it('a webhook stays open for an hour after the last read while Secrets Manager is away', async () => {
  const { at, statusAt, warnings, metrics } = setUp();
  expect(await statusAt(0)).toBe(202);
  at.answer = 'InternalServiceErrorException';
  for (const minutes of [4.9, 5, 5.4, 5.5, 59.9]) expect(await statusAt(minutes)).toBe(202);
  // Read again half a minute after each failure, and not before five minutes are over.
  expect([at.calls, metrics.length]).toEqual([4, 3]);
  expect(warnings.at(-1)).toEqual({
    secret: 'zendesk-secret',
    error: 'InternalServiceErrorException',
    failingSince: '1970-01-01T00:05:00.000Z',
    usedUntil: '1970-01-01T01:00:00.000Z',
  });
  for (const minutes of [60, 61]) expect(await statusAt(minutes)).toBe(503);
  at.answer = zendeskSecret;
  expect(await statusAt(61)).toBe(202);
  expect(metrics).toEqual(Array(3).fill('SecretRefreshFailed'));
});

it.each(['ResourceNotFoundException', 'InvalidRequestException', 'AccessDeniedException', ' '])(
  'a webhook closes once Secrets Manager answers that its secret is of no use: %j',
  async (answer) => {
    const { at, statusAt, warnings } = setUp();
    expect(await statusAt(0)).toBe(202);
    at.answer = answer;
    for (const minutes of [5, 6]) expect(await statusAt(minutes)).toBe(503);
    at.answer = 'InternalServiceErrorException';
    expect(await statusAt(7)).toBe(503);
    expect(warnings).toEqual([]);
  },
);
