import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { SourceName } from '../../shared/message/ticket-change.ts';
import { Refusal } from './failures.ts';

const prefix = '/webhooks/';

/**
 * The source that a request is for: `POST /webhooks/<source>`.
 * @throws Refusal when it is another path or method.
 */
export const route = ({ rawPath, requestContext }: APIGatewayProxyEventV2): string => {
  const name = rawPath.startsWith(prefix) ? rawPath.slice(prefix.length) : '';
  if (!SourceName.safeParse(name).success) throw new Refusal('not-found', 'There is nothing here');
  if (requestContext.http.method !== 'POST') throw new Refusal('wrong-method', 'Send a POST');
  return name;
};
