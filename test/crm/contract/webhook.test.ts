import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { authenticateCrmRequest } from '../../../lambdas/crm-change/authenticate.ts';
import { seededRandom } from '../../../local/taskrouter/settings.ts';
import { secretProblem } from '../../../shared/crm/source.ts';
import { HttpError, Unavailable } from '../../../shared/http/errors.ts';
import { tamper } from '../../../tools/tamper.ts';
import { json, setUpWebhook } from '../../crm-change/webhook.ts';
import { runs } from '../../property-runs.ts';
import { httpSources, readBody, signedEvent } from './sources.ts';

const now = Date.parse('2026-11-23T09:30:00Z');

describe.each(httpSources)('the webhook of $kind', (httpCase) => {
  const { kind, crm, source, config } = httpCase;
  const secret = crm.newSecret();
  const secrets = { [`${kind}-secret`]: secret };
  const open = (more: Parameters<typeof setUpWebhook>[0] = {}) =>
    setUpWebhook({ sources: { [kind]: config }, secrets, now, ...more });
  const [first] = crm.story.steps;
  const event = signedEvent(httpCase, readPayload(kind, first?.file ?? ''), secret, now);
  const eventBy = (method: string) => {
    const { requestContext } = event;
    return {
      ...event,
      requestContext: { ...requestContext, http: { ...requestContext.http, method } },
    };
  };

  it.each(crm.payloads)('enqueues the changes of $file', async ({ file }) => {
    const { crmChange, changes: queued, sent: messages, reports } = open();
    const sent = signedEvent(httpCase, readPayload(kind, file), secret, now);
    const gives = source.normalise(
      readBody(source, Buffer.from(sent.body ?? '', 'base64')),
      config,
    );
    const answer = await crmChange(sent);
    const changes = gives.flatMap((finding) => ('id' in finding ? [finding] : []));
    const isRefused = gives.some((finding) => finding.kind === 'invalid');
    expect(queued().map(({ ticket, version, link }) => [ticket, version, link === null])).toEqual(
      changes.map(({ id, version, kind: is }) => [`${kind}/${id}`, version, is === 'removed']),
    );
    const outcome = isRefused ? 'invalid' : changes.length > 0 ? 'accepted' : 'ignored';
    expect(answer.statusCode).toBe(source.statusOf[outcome]);
    expect(reports).toMatchObject([{ source: kind, outcome }]);
    expect(JSON.stringify([answer, reports, messages])).not.toMatch(/PHI/);
    expect(answer.headers).toMatchObject({
      'x-request-id': 'request-1',
      'x-content-type-options': 'nosniff',
    });
  });

  it('has no path but its own', async () => {
    const { rawPath } = event;
    for (const path of [`${rawPath}/x`, `${rawPath}/`, `/webhooks/${kind}/`, `/${kind}`]) {
      const answer = await open().crmChange({ ...event, rawPath: path });
      expect([path, answer.statusCode]).toEqual([path, 404]);
    }
  });

  it('names the methods that it accepts', async () => {
    const methods = ['POST', ...(source.probeMethods ?? [])];
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].filter(
      (other) => !methods.includes(other),
    )) {
      const answer = await open().crmChange(eventBy(method));
      expect([method, answer.statusCode]).toEqual([method, 405]);
      expect(answer.headers).toMatchObject({ allow: methods.join(', ') });
    }
  });

  it.each(source.probeMethods ?? [])('responds to a %s, and enqueues nothing', async (method) => {
    const { crmChange, sent } = open();
    const { body: _, ...bare } = eventBy(method);
    const answer = await crmChange({ ...bare, headers: {} });
    expect(answer.statusCode).toBe(200);
    expect(json(answer.body ?? '')).toEqual({ requestId: 'request-1', status: 'ignored' });
    expect(sent).toEqual([]);
  });

  it('accepts only its own content type', async () => {
    for (const contentType of ['text/plain', 'application/x-www-form-urlencoded', undefined, '']) {
      const headers = { ...event.headers, 'content-type': contentType };
      expect((await open().crmChange({ ...event, headers })).statusCode).toBe(415);
    }
  });

  it('names each header that it needs, if that is missing or empty', async () => {
    const needed = new Set<string>();
    for (const name of Object.keys(event.headers)) {
      for (const value of [undefined, '']) {
        const headers = { ...event.headers, [name]: value };
        const { statusCode, body } = await open().crmChange({ ...event, headers });
        if (statusCode === source.statusOf.accepted) continue;
        expect(body).toContain(name);
        needed.add(name);
      }
    }
    expect([...needed].sort()).toEqual(['content-type', ...source.requiredHeaders].sort());
  });

  it('asks the sender to retry, by its own rules, while SQS fails', async () => {
    const { crmChange } = open({ send: () => Promise.reject(new Error('down')) });
    const answer = await crmChange(event);
    expect(answer.statusCode).toBe(source.statusOf.unavailable);
    expect(json(answer.body ?? '')).toMatchObject({ status: 'unavailable' });
    const { accepted, ignored, ...failures } = source.statusOf;
    for (const status of [accepted, ignored]) expect(Math.floor(status / 100)).toBe(2);
    for (const status of Object.values(failures)) expect(status).toBeGreaterThanOrEqual(400);
  });
});

it.each(httpSources.filter(({ source }) => source.maxBodyBytes !== undefined))(
  '$kind takes as many bytes as its CRM may send, and responds 413 to one more',
  async (httpCase) => {
    const { kind, crm, source, config } = httpCase;
    const secret = crm.newSecret();
    const secrets = { [`${kind}-secret`]: secret };
    const statusOf = async (bytes: number) => {
      const event = signedEvent(httpCase, Buffer.alloc(bytes, ' '), secret, now);
      const { crmChange } = setUpWebhook({ sources: { [kind]: config }, secrets, now });
      return (await crmChange(event)).statusCode;
    };
    const { maxBodyBytes = 0 } = source;
    expect(await statusOf(maxBodyBytes)).toBe(source.statusOf.malformed);
    expect(await statusOf(maxBodyBytes + 1)).toBe(413);
  },
);

const mutations = runs(25);

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
    const published = source.publishedSecrets ?? [];
    const worthless = ['', ' ', '[]', '[""]', 'short', ...published];
    for (const stored of worthless) {
      expect([stored, await comesIn(stored)]).toEqual([stored, false]);
      const forged = signedEvent(httpCase, body, stored.trim(), now);
      expect([stored, await comesIn(stored, forged)]).toEqual([stored, false]);
    }
    for (const one of published) {
      expect(secretProblem(source, one)).toMatch(/documentation/);
      expect(await comesIn(JSON.stringify([secret, one]))).toBe(false);
    }
    expect(secretProblem(source, '')).toMatch(/empty/);
    expect(secretProblem(source, secret)).toBeUndefined();
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
