import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { authenticateCrmRequest } from '../../../lambdas/crm-change/authenticate.ts';
import { seededRandom } from '../../../local/taskrouter/faults.ts';
import { secretProblem } from '../../../shared/crm/source.ts';
import { HttpError, Unavailable } from '../../../shared/http/errors.ts';
import { tamper } from '../../../tools/tamper.ts';
import { runs } from '../../property-runs.ts';
import { httpSources, signedEvent } from './sources.ts';

const mutations = runs(25);
const now = Date.parse('2026-11-23T09:30:00Z');

describe.each(httpSources)('a signature of $kind', (httpCase) => {
  const { kind, crm, source, config } = httpCase;
  const secret = crm.newSecret();
  const [first] = crm.story.steps;
  const body = readPayload(kind, first?.file ?? '');
  const event = signedEvent(httpCase, body, secret, now);

  const comesIn = async (stored: string, request = event): Promise<boolean> => {
    const pathToken = request.rawPath.split('/')[3];
    try {
      await authenticateCrmRequest(
        request,
        pathToken,
        { name: kind, config, source },
        { readSecret: async () => stored, now: () => now },
      );
      return true;
    } catch (error) {
      if (error instanceof HttpError || error instanceof Unavailable) return false;
      throw error;
    }
  };

  it('is accepted with its secret, and while that is one of several', async () => {
    expect(await comesIn(secret)).toBe(true);
    const other = crm.newSecret();
    expect(await comesIn(JSON.stringify([other, secret]))).toBe(true);
    expect(await comesIn(JSON.stringify([secret, other]))).toBe(true);
    expect(await comesIn(other)).toBe(false);
    expect(await comesIn(JSON.stringify([other, crm.newSecret()]))).toBe(false);
  });

  it('is rejected if a secret is empty, missing or published', async () => {
    const worthless = ['', ' ', '[]', '[""]', 'short', ...source.publishedSecrets];
    for (const stored of worthless) {
      expect([stored, await comesIn(stored)]).toEqual([stored, false]);
      const forged = signedEvent(httpCase, body, stored.trim(), now);
      expect([stored, await comesIn(stored, forged)]).toEqual([stored, false]);
    }
    for (const published of source.publishedSecrets) {
      expect(secretProblem(source, published)).toMatch(/documentation/);
      expect(await comesIn(JSON.stringify([secret, published]))).toBe(false);
    }
    expect(secretProblem(source, '')).toMatch(/empty/);
    expect(secretProblem(source, secret)).toBeUndefined();
  });

  it('is needed: each of its headers', async () => {
    for (const name of source.requiredHeaders) {
      for (const headers of [
        Object.fromEntries(Object.entries(event.headers).filter(([other]) => other !== name)),
        { ...event.headers, [name]: '' },
      ]) {
        expect([name, await comesIn(secret, { ...event, headers })]).toEqual([name, false]);
      }
    }
  });

  it(`is rejected after any of ${mutations} mutations`, async () => {
    const random = seededRandom(20261123);
    const letIn: string[] = [];
    const seen = new Map<string, number>();
    for (let round = 0; round < mutations; round += 1) {
      const { kind: how, event: mutated, stored } = tamper(httpCase, event, secret, random);
      seen.set(how, (seen.get(how) ?? 0) + 1);
      if (await comesIn(stored, mutated)) letIn.push(`${how}: ${JSON.stringify(mutated)}`);
    }
    expect(letIn.slice(0, 3)).toEqual([]);
    for (const [how, times] of seen) expect([how, times > mutations / 100]).toEqual([how, true]);
  });
});
