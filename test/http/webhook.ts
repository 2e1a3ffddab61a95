import type {
  SendMessageBatchCommand,
  SendMessageBatchCommandOutput,
  SendMessageBatchRequestEntry,
} from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { EnqueueOptions, SqsBatchSender } from '../../shared/http/enqueue.ts';

/** The response of SQS if it takes these messages and not those. */
export const sqsBatchResponse = (
  taken: readonly SendMessageBatchRequestEntry[],
  failed: readonly SendMessageBatchRequestEntry[] = [],
  senderFault = false,
): SendMessageBatchCommandOutput => ({
  $metadata: {},
  Successful: taken.map(({ Id }) => ({ Id, MessageId: `m${Id}`, MD5OfMessageBody: '' })),
  Failed: failed.map(({ Id }) => ({ Id, Code: 'InternalError', SenderFault: senderFault })),
});

/** What a webhook needs around it, and what it did: its messages, its log, its pauses. */
export const webhookSurroundings = <Log>(
  now: number,
  { send }: { readonly send?: SqsBatchSender['send'] | undefined } = {},
) => {
  const sent: SendMessageBatchRequestEntry[] = [];
  const reports: Log[] = [];
  const pauses: number[] = [];
  const acceptAll = async (command: SendMessageBatchCommand) => {
    const entries = command.input.Entries ?? [];
    sent.push(...entries);
    return sqsBatchResponse(entries);
  };
  const options: EnqueueOptions & { now: () => number; log: (entry: Log) => void } = {
    sqs: { send: send ?? acceptAll },
    queueUrlOf: () => 'https://sqs.example/changes',
    now: () => now,
    sleep: async (ms) => {
      pauses.push(ms);
    },
    random: () => 0.5,
    log: (entry) => {
      reports.push(entry);
    },
  };
  return { options, sent, reports, pauses };
};

interface RequestOptions {
  readonly path?: string;
  readonly query?: string;
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Record<string, string | undefined>;
  readonly isBase64Encoded?: boolean;
}

/** An event as API Gateway gives it. */
export const apiGatewayEvent = (
  body: string,
  {
    path = '/webhooks/zendesk',
    query = '',
    host = 'api.example.com',
    method = 'POST',
    headers = {},
    isBase64Encoded = false,
  }: RequestOptions = {},
): APIGatewayProxyEventV2 => ({
  version: '2.0',
  routeKey: '$default',
  rawPath: path,
  rawQueryString: query,
  headers: { 'content-type': 'application/json', ...headers },
  requestContext: {
    accountId: '123456789012',
    apiId: 'api',
    domainName: host,
    domainPrefix: 'api',
    http: { method, path, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: 'test' },
    requestId: 'request-1',
    routeKey: '$default',
    stage: '$default',
    time: '08/Jan/2025:16:46:00 +0000',
    timeEpoch: Date.parse('2025-01-08T16:46:00Z'),
  },
  body,
  isBase64Encoded,
});
