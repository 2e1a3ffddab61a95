import * as z from 'zod';

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** What a function of payload format 2.0 may return when it sets a status code. */
const Explicit = z.object({
  statusCode: z.coerce.number().int().min(200).max(599),
  headers: z.record(z.string(), scalar).default({}),
  cookies: z.array(z.string()).default([]),
  body: z.string().default(''),
  isBase64Encoded: z.boolean().default(false),
});

export interface HttpResult {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer;
}

const json = { 'content-type': 'application/json' };

/** An answer of API Gateway's own. */
export const message = (status: number, text: string): HttpResult => ({
  status,
  headers: json,
  body: Buffer.from(JSON.stringify({ message: text })),
});

const hasStatus = (result: unknown): result is object =>
  typeof result === 'object' && result !== null && 'statusCode' in result;

/**
 * What a function's result means as an HTTP response. Without a status code it is itself the JSON
 * body of a 200; with one it must have the documented form, else it is a 500.
 * Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
export const httpResult = (result: unknown): HttpResult => {
  if (!hasStatus(result)) {
    const body = typeof result === 'string' ? result : JSON.stringify(result);
    return { status: 200, headers: json, body: Buffer.from(body) };
  }
  const parsed = Explicit.safeParse(result);
  if (!parsed.success) return message(500, 'Internal Server Error');
  const { statusCode, headers, cookies, body, isBase64Encoded } = parsed.data;
  return {
    status: statusCode,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...Object.fromEntries(
        Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
      ),
      ...(cookies.length > 0 && { 'set-cookie': cookies }),
    },
    body: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'),
  };
};
