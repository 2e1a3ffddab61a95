import { createServer, type OutgoingHttpHeaders } from 'node:http';
import { SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import * as fc from 'fast-check';
import { expect, it, onTestFinished, vi } from 'vitest';
import { listen } from '../../local/listen.ts';
import { createSqsClient, toBatches, webhookSqs } from '../../shared/aws/sqs.ts';

it('cuts any messages into requests that SQS takes, in order and with none left out', () => {
  const sizes = fc.array(fc.oneof(fc.nat(2_000), fc.nat(1_048_576)), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (entries) => {
      const chunks = toBatches(entries, (size) => size);
      expect(chunks.flat()).toEqual(entries);
      for (const each of chunks) {
        expect(each.length).toBeLessThanOrEqual(10);
        const bytes = each.reduce((sum, size) => sum + size, 0);
        expect(each.length === 1 || bytes <= 1_000_000).toBe(true);
      }
    }),
  );
});

const sqsError = (name: string) => `{"__type":"com.amazonaws.sqs#${name}","message":"any"}`;

it.each([
  ['QueueDoesNotExist', 1, 400, sqsError('QueueDoesNotExist'), {}],
  ['AccessDenied', 1, 403, '', { 'x-amzn-errortype': 'AccessDenied:https://any#more' }],
  ['RequestThrottled', 2, 403, sqsError('RequestThrottled'), {}],
  ['InternalError', 2, 500, sqsError('InternalError'), {}],
  ['SyntaxError', 2, 502, '<p>Bad gateway</p>', {}],
  ['SyntaxError', 1, 200, '<p>Welcome</p>', {}],
  ['RequestExpired', 2, 400, sqsError('RequestExpired'), { date: 'Fri, 1 Jan 2100 00:00 GMT' }],
])(
  'SQS gives the error %s after %i attempts if it answers %i with %s',
  async (name, attempts, status, text, headers: OutgoingHttpHeaders) => {
    const dates: unknown[] = [];
    const server = createServer((request, response) => {
      expect(request.headers).toMatchObject({ 'x-amz-target': 'AmazonSQS.SendMessageBatch' });
      expect(request.headers.authorization).toContain('Credential=AKID/');
      dates.push(request.headers['x-amz-date']);
      response.writeHead(status, headers).end(text);
    });
    const { url, close } = await listen(server);
    onTestFinished(close);
    onTestFinished(() => void vi.unstubAllEnvs());
    const credentials = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'any' };
    const environment = { ...credentials, AWS_REGION: 'eu-west-1', AWS_ENDPOINT_URL_SQS: url };
    for (const [key, value] of Object.entries(environment)) vi.stubEnv(key, value);
    const entries = { QueueUrl: `${url}/1/changes`, Entries: [{ Id: '0', MessageBody: 'any' }] };
    const sent = createSqsClient(webhookSqs).send(new SendMessageBatchCommand(entries));
    await expect(sent).rejects.toMatchObject({ name, $metadata: { attempts } });
    expect(dates).toHaveLength(attempts);
    if (headers.date) expect(dates[1]).toMatch(/^2100/);
  },
);
