import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { serve } from '../../local/serve.ts';

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:crm-media-sync-prod-alarms-0a1b2c3';

/** A subscription as SNS lists it: with an ARN, or with its state in place of the ARN. */
export const subscription = (Protocol: string, SubscriptionArn = `${topicArn}:7d0e`) => ({
  Protocol,
  SubscriptionArn,
  Endpoint: `hush-${Protocol}-${SubscriptionArn.length}@example.com`,
  Owner: '123456789012',
  TopicArn: topicArn,
});

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

const xmlOf = (fields: Readonly<Record<string, string>>): string =>
  Object.entries(fields)
    .map(([name, value]) => element(name, value))
    .join('');

/**
 * SNS with one topic, as far as doctor calls it: lists the subscriptions, one page per request, or answers
 * with an error. Default: one address.
 * Source: https://docs.aws.amazon.com/sns/latest/api/API_ListSubscriptionsByTopic.html
 */
export const startSnsTopic = async ({
  pages = [[subscription('email')]],
  error,
}: {
  pages?: readonly (readonly ReturnType<typeof subscription>[])[];
  error?: { readonly code: string; readonly status: number };
}) => {
  const seen: Record<string, string>[] = [];
  const server = createServer(async (request, response) => {
    const parameters = Object.fromEntries(new URLSearchParams(await text(request)));
    seen.push(parameters);
    response.setHeader('content-type', 'text/xml');
    if (error !== undefined) {
      const { code: Code, status } = error;
      const errorXml = xmlOf({ Type: 'Sender', Code, Message: 'about hush-of-sns@example.com' });
      response.writeHead(status).end(element('ErrorResponse', element('Error', errorXml)));
      return;
    }
    const page = Number(parameters['NextToken'] ?? 0);
    const members = (pages[page] ?? []).map((one) => element('member', xmlOf(one))).join('');
    const result =
      element('Subscriptions', members) +
      (page + 1 < pages.length ? element('NextToken', String(page + 1)) : '');
    response.end(
      element(
        'ListSubscriptionsByTopicResponse',
        element('ListSubscriptionsByTopicResult', result),
      ),
    );
  });
  return { url: await serve(server), seen };
};
