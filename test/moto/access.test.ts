import { beforeAll, expect, it } from 'vitest';
import { Sources } from '../../shared/crm/config.ts';
import { arnLike } from './arn-like.ts';
import { account } from './aws.ts';
import { named, only } from './find.ts';
import { describeAtMoto, type StackAtMoto, stackAtMoto } from './moto-stack.ts';
import type { Statement } from './policy-document.ts';
import { authTokens } from './stacks.ts';

let stack: StackAtMoto;
const stackAtHand = async () => {
  stack = await stackAtMoto('usual');
};

const key = () => only(stack.state.keys);
const functionNames = ['crm-change', 'task-event', 'sync'];
const environmentOf = (part: string) =>
  named(stack.state.functions, `-${part}`).configuration.Environment?.Variables ?? {};

describeAtMoto('the key', () => {
  beforeAll(stackAtHand);

  it('is one for all, is renewed every year, and goes by the name of the stack', () => {
    expect(key()).toMatchObject({
      rotates: true,
      aliases: ['alias/crm-media-sync-production'],
    });
    expect(stack.outputs['keyArn']).toBe(key().arn);
  });

  it('is the account’s to administer, and nobody else’s from outside AWS', () => {
    const people = key().policy.filter(
      ({ Principal }) => !JSON.stringify(Principal).includes('Service'),
    );
    expect(people).toMatchObject([
      { Effect: 'Allow', Principal: { AWS: [`arn:aws:iam::${account}:root`] } },
    ]);
  });

  const patternsFor = (service: string): readonly string[] => {
    const { Condition } = only(
      key().policy.filter(({ Principal }) => JSON.stringify(Principal).includes(service)),
    );
    expect(Object.keys(Condition)).toEqual(['ArnLike']);
    return Object.values(Condition['ArnLike'] ?? {}).flat();
  };

  it.each([
    ['logs', () => stack.state.logGroups],
    ['cloudwatch', () => stack.state.alarms],
    ['events', () => [named(stack.state.queues, '-events-dead-letters')]],
  ])('may be used by %s for what there is, and for nothing of another stack', (service, made) => {
    const patterns = patternsFor(`${service}.`);
    const taken = (arn: string) => patterns.some((pattern) => arnLike(pattern, arn));
    expect(made().length).toBeGreaterThan(0);
    for (const { arn } of made()) {
      expect(taken(String(arn)), String(arn)).toBe(true);
      expect(taken(String(arn).replace('-production', '-staging'))).toBe(false);
    }
  });
});

describeAtMoto('the secrets', () => {
  beforeAll(stackAtHand);

  it('are read as the functions want them, under the names that these were told', () => {
    const kept = (name: string | undefined) =>
      only(stack.state.secrets.filter((secret) => secret.name === name)).value;
    const sources = Sources.parse(JSON.parse(environmentOf('crm-change')['SOURCES'] ?? ''));
    expect(kept(sources['zendesk']?.secret)).toEqual(['the-signing-secret-of-zendesk']);
    expect(kept(sources['soap']?.secret)).toEqual(['the-token-that-stands-in-the-path']);
    expect(kept(environmentOf('task-event')['AUTH_TOKEN_SECRET'])).toEqual(authTokens);
    expect(kept(environmentOf('sync')['TWILIO_SECRET'])).toEqual({
      accountSid: `AC${'0'.repeat(32)}`,
      apiKey: `SK${'1'.repeat(32)}`,
      apiSecret: 'the-secret-of-the-api-key',
    });
  });

  it('are encrypted with the key of the stack', () => {
    expect(stack.state.secrets.map((secret) => secret.key)).toEqual(
      stack.state.secrets.map(() => key().arn),
    );
  });
});

describeAtMoto('the roles', () => {
  beforeAll(stackAtHand);

  const policyOf = (part: string) => named(stack.state.roles, `-${part}-role`).policy;
  const allowing = (statements: readonly Statement[], action: string): readonly string[] =>
    statements.flatMap(({ Action, Resource }) => (Action.includes(action) ? Resource : []));
  const arnOf = (
    list: readonly { name?: string | undefined; arn?: string | undefined }[],
    part: string,
  ) => named(list, part).arn;

  it('are one for each function, for Lambda alone to take, and hold nothing but their own policy', () => {
    const roleOf = (part: string) => named(stack.state.roles, `-${part}-role`);
    expect(stack.state.roles).toHaveLength(functionNames.length);
    for (const part of functionNames) {
      const { configuration } = named(stack.state.functions, `-${part}`);
      expect(configuration.Role).toBe(roleOf(part).arn);
      expect(roleOf(part).attached).toEqual([]);
      expect(roleOf(part).trust).toEqual([
        {
          Effect: 'Allow',
          Principal: { Service: ['lambda.amazonaws.com'] },
          Action: ['sts:AssumeRole'],
          Resource: [],
          Condition: {},
        },
      ]);
    }
  });

  it('speak of nothing that is not there, and of everything only where AWS knows no resource', () => {
    const { logGroups, queues, secrets, keys } = stack.state;
    const real = [
      ...[...queues, ...secrets, ...keys].map(({ arn }) => arn),
      ...logGroups.map(({ arn }) => `${arn}:*`),
    ];
    for (const { Action, Resource, Condition } of functionNames.flatMap(policyOf)) {
      if (Action.every((action) => action.startsWith('xray:'))) {
        expect(Resource).toEqual(['*']);
        continue;
      }
      const { 'kms:ViaService': _, ...about } = Condition['StringEquals'] ?? {};
      expect(real).toEqual(expect.arrayContaining([...Resource, ...Object.values(about).flat()]));
    }
  });

  it('let each function write to its own log group', () => {
    for (const part of functionNames) {
      expect(allowing(policyOf(part), 'logs:PutLogEvents')).toEqual([
        `${arnOf(stack.state.logGroups, `-${part}-logs`)}:*`,
      ]);
    }
  });

  it('let each function read its own secrets', () => {
    const readable = (part: string) =>
      allowing(policyOf(part), 'secretsmanager:GetSecretValue').toSorted();
    const secret = (part: string) => arnOf(stack.state.secrets, part);
    expect(readable('crm-change')).toEqual([secret('-source-soap'), secret('-source-zendesk')]);
    expect(readable('task-event')).toEqual([secret('-twilio-auth-token')]);
    expect(readable('sync')).toEqual([secret('-twilio')]);
  });

  it('let crm-change and task-event send changes, and only sync receive them', () => {
    const { queues } = stack.state;
    const changes = arnOf(queues, '-changes');
    expect(allowing(policyOf('crm-change'), 'sqs:SendMessage')).toEqual([
      changes,
      arnOf(queues, '-events-dead-letters'),
    ]);
    expect(allowing(policyOf('task-event'), 'sqs:SendMessage')).toEqual([changes]);
    expect(allowing(policyOf('sync'), 'sqs:SendMessage')).toEqual([
      changes,
      arnOf(queues, '-changes-dead-letters'),
    ]);
    expect(functionNames.map((part) => allowing(policyOf(part), 'sqs:ReceiveMessage'))).toEqual([
      [],
      [],
      [changes],
    ]);
  });
});
