import { describe, expect, it } from 'vitest';
import { ticketIdFromAttribute } from '../../shared/crm/ticket-ids.ts';

describe.each(['salesforce', 'salesforce-outbound'])('the id of a Case for %s', (kind) => {
  it.each(['500x000000003TR', '500x000000003TRAAY', ' 500x000000003TR\n'])(
    'may have 15 or 18 characters: %j',
    (value) => expect(ticketIdFromAttribute(kind, value)).toBe('500x000000003TRAAY'),
  );

  it.each(['', '4711', '003x000000003TR', '500X000000003TRAAY', '500x000000003TRAAY0'])(
    'is not %j',
    (value) => expect(ticketIdFromAttribute(kind, value)).toBeUndefined(),
  );
});

describe('the id of a case of Dynamics', () => {
  const id = '7f3c5d1e-0c6f-ee11-9ae7-000d3a1b2c3d';

  it.each([id, id.toUpperCase(), `{${id}}`, ` {${id.toUpperCase()}}\n`])(
    'may have capitals, braces and spaces around it: %j',
    (value) => expect(ticketIdFromAttribute('dynamics', value)).toBe(id),
  );

  it.each(['', '4711', `{${id}`, `${id}}`, `{{${id}}}`, id.replaceAll('-', '')])(
    'is not %j',
    (value) => expect(ticketIdFromAttribute('dynamics', value)).toBeUndefined(),
  );
});

describe('the id of a ticket of any other kind', () => {
  it.each(['4711', 'SUP-42', 'a.b~c_d'])('is the value as it is: %j', (value) => {
    expect(ticketIdFromAttribute('zendesk', value)).toBe(value);
  });

  it.each(['', 'a ticket', 'x'.repeat(65)])('is not %j', (value) => {
    expect(ticketIdFromAttribute('zendesk', value)).toBeUndefined();
  });
});
