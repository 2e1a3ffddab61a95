import { describe, expect, it } from 'vitest';
import { readRequest } from '../../shared/http/request.ts';
import { apiGatewayEvent } from './webhook.ts';

const json = ['application/json'];

describe('a request', () => {
  it('has the URL that the sender called', () => {
    const event = apiGatewayEvent('{}', { path: '/webhooks/hubspot' });
    expect(readRequest(event, json, undefined).url).toBe(
      'https://api.example.com/webhooks/hubspot',
    );
    const asked = { ...event, rawQueryString: 'a=1&b=%40' };
    expect(readRequest(asked, json, undefined).url).toBe(
      'https://api.example.com/webhooks/hubspot?a=1&b=%40',
    );
  });

  it('has no TLS if API Gateway says so', () => {
    const event = apiGatewayEvent('{}', { headers: { 'X-Forwarded-Proto': 'http' } });
    expect(readRequest(event, json, undefined).url).toMatch(/^http:/);
  });

  it('has no host that the sender makes up', () => {
    const event = apiGatewayEvent('{}', {
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' },
    });
    expect(readRequest(event, json, undefined).url).toMatch(/^https:\/\/api\.example\.com\//);
  });

  it('may be of any of the content types that are taken', () => {
    const event = apiGatewayEvent('<a/>', {
      headers: { 'content-type': 'Text/XML; charset="utf-8"' },
    });
    expect(readRequest(event, ['application/xml', 'text/xml'], 'token')).toMatchObject({
      method: 'POST',
      pathToken: 'token',
      body: Buffer.from('<a/>'),
    });
    expect(() => readRequest(event, ['application/xml'], undefined)).toThrow(
      'Send content-type: application/xml, in UTF-8',
    );
  });
});
