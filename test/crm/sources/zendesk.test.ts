import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zendesk } from '../../../shared/crm/sources/zendesk.ts';
import { callSid, json, taskSid } from '../../crm-change/webhook.ts';

const normalise = (payload: unknown) => zendesk.normalise(payload, { sidField: '360001234567' });

describe("the trigger's body", () => {
  const page = readFileSync(new URL('../../../docs/sources/zendesk.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');
  const template = blocks.find((block) => block.includes('ticket-changed/1')) ?? '';
  const filledIn = (sid: string, updatedAt = '2025-01-08T16:45:20Z') =>
    json(
      template
        .replace('{{ticket.id}}', '5158')
        .replace('{{ticket.updated_at_with_timestamp}}', updatedAt)
        .replace('{{ticket.ticket_field_360001234567}}', sid),
    );
  const present = {
    kind: 'present',
    id: '5158',
    version: '1736354720000000000',
    occurredAt: 1736354720000,
  };

  it('is read as the documentation publishes it', () => {
    expect(normalise(filledIn(taskSid))).toEqual([{ ...present, sids: { taskSid } }]);
    expect(normalise(filledIn(callSid))).toEqual([{ ...present, sids: { callSid } }]);
  });

  it('orders its changes by minutes if the placeholder gives no seconds', () => {
    const [change] = normalise(filledIn('', '2013-12-12T05:35Z'));
    expect(change).toMatchObject({ version: '1386826500000000000' });
  });
});
