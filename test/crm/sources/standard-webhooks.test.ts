import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { standardWebhooks } from '../../../shared/crm/sources/standard-webhooks.ts';
import { parseJsonBody } from '../../../shared/http/request.ts';
import { json, taskSid } from '../../crm-change/webhook.ts';

const normalise = (payload: unknown) => standardWebhooks.normalise(payload, {});

const event = (data: Record<string, unknown> = {}, rest: Record<string, unknown> = {}) => ({
  type: 'ticket.updated',
  timestamp: '2026-11-22T09:30:00.123456Z',
  ...rest,
  data: { id: '4711', ...data },
});

describe('a ticket event by Standard Webhooks', () => {
  it('is read as the documentation publishes it', () => {
    const page = new URL('../../../docs/sources/standard-webhooks.md', import.meta.url);
    const blocks = [...readFileSync(page, 'utf8').matchAll(/```json\n([\s\S]*?)```/g)];
    const body = blocks.map((match) => match[1] ?? '').find((block) => block.includes('"type"'));
    expect(normalise(json(body ?? ''))).toEqual([
      {
        kind: 'present',
        id: '4711',
        version: '42',
        occurredAt: 1795339800123,
        sids: { taskSid },
        url: 'https://desk.example.com/tickets/4711',
        title: 'Ticket 4711',
      },
    ]);
  });

  it('has its time in milliseconds for a version when it brings none', () => {
    expect(normalise(event())).toMatchObject([{ version: '1795339800123' }]);
    expect(normalise(event({ version: null }))).toMatchObject([{ version: '1795339800123' }]);
  });

  it.each([
    ['"18446744073709551615"', '18446744073709551615'],
    ['18446744073709551615', '18446744073709551615'],
    ['9007199254740993', '9007199254740993'],
    ['42', '42'],
    ['0', '0'],
  ])('has the version %s exactly', (written, version) => {
    const body = JSON.stringify(event({ version: 'V' })).replace('"V"', written);
    expect(normalise(parseJsonBody(Buffer.from(body)))).toMatchObject([{ version }]);
  });

  it('takes null for an absent field', () => {
    const nulls = { url: null, title: null, taskSid: null, callSid: null };
    expect(normalise(event(nulls))).toEqual(normalise(event()));
  });
});
