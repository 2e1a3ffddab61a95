import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpSource } from './sources/source.ts';

/** Anybody may send anything here: what is no plain id is not repeated. */
const plainId = /^[A-Za-z0-9._:-]{1,128}$/;

/** What the sender calls this delivery, so that our log and its own can be laid side by side. */
export const deliveryId = (
  { headers }: APIGatewayProxyEventV2,
  source: HttpSource | undefined,
): string | undefined => {
  const headerName = source?.deliveryHeader;
  if (headerName === undefined) return undefined;
  const [, id = ''] =
    Object.entries(headers).find(([name]) => name.toLowerCase() === headerName) ?? [];
  return plainId.test(id) ? id : undefined;
};
