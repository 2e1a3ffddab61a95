import { expect, it } from 'vitest';
import { Sources } from '../../shared/crm/config.ts';
import { secrets, twilio } from '../infra/settings.ts';
import { arnLike } from './arn-like.ts';
import { named, only } from './find.ts';
import { describeStack } from './moto-stack.ts';

const functionNames = ['crm-change', 'task-event', 'sync'];

describeStack('usual', 'the keys', (stack) => {
  const patternsFor = (service: string): readonly string[] => {
    const policies = stack().state.keys.map(({ policy }) => policy);
    expect(policies).toHaveLength(2);
    const { Condition } = only(
      policies.flat().filter(({ Principal }) => JSON.stringify(Principal).includes(service)),
    );
    expect(Object.keys(Condition)).toEqual(['ArnLike']);
    return Object.values(Condition['ArnLike'] ?? {}).flat();
  };

  it.each([
    ['logs', () => stack().state.logGroups],
    ['cloudwatch', () => stack().state.alarms],
    ['events', () => [named(stack().state.queues, '-events-dead-letters')]],
  ])('may be used by %s for the resources of this stack, and of no other', (service, made) => {
    const patterns = patternsFor(`${service}.`);
    const isAllowed = (arn: string) => patterns.some((pattern) => arnLike(pattern, arn));
    expect(made().length).toBeGreaterThan(0);
    for (const { arn } of made()) {
      expect(isAllowed(String(arn)), String(arn)).toBe(true);
      expect(isAllowed(String(arn).replace('-production', '-staging'))).toBe(false);
    }
  });
});

describeStack('usual', 'the secrets', (stack) => {
  it('have the names in the environments of the functions, and the configured values', () => {
    const environmentOf = (part: string) =>
      named(stack().state.functions, `-${part}`).configuration.Environment?.Variables ?? {};
    const secretValueOf = (name: string | undefined) =>
      only(stack().state.secrets.filter((secret) => secret.name === name)).value;
    const sources = Sources.parse(JSON.parse(environmentOf('crm-change')['SOURCES'] ?? ''));
    expect(secretValueOf(sources['zendesk']?.secret)).toEqual([secrets.zendesk]);
    expect(secretValueOf(sources['soap']?.secret)).toEqual([secrets.soap]);
    expect(secretValueOf(environmentOf('task-event')['AUTH_TOKEN_SECRET'])).toEqual(
      twilio.authToken,
    );
    const { accountSid, apiKey, apiSecret } = twilio;
    expect(secretValueOf(environmentOf('sync')['TWILIO_SECRET'])).toEqual({
      accountSid,
      apiKey,
      apiSecret,
    });
  });
});

describeStack('usual', 'the roles', (stack) => {
  it('allow only existing resources, and * only for X-Ray', () => {
    const { logGroups, queues, roles, secrets: kept, keys } = stack().state;
    const real = [
      ...[...queues, ...kept, ...keys].map(({ arn }) => arn),
      ...logGroups.map(({ arn }) => `${arn}:*`),
    ];
    const policies = functionNames.map((part) => named(roles, `-${part}-role`).policy);
    for (const { Action, Resource, Condition } of policies.flat()) {
      if (Action.every((action) => action.startsWith('xray:'))) {
        expect(Resource).toEqual(['*']);
        continue;
      }
      const { 'kms:ViaService': _, ...about } = Condition['StringEquals'] ?? {};
      expect(real).toEqual(expect.arrayContaining([...Resource, ...Object.values(about).flat()]));
    }
  });
});
