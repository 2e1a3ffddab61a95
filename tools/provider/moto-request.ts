import * as z from 'zod';

/** A request of the provider to AWS. */
export interface MotoRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** The action, e.g. `AmazonSQS.CreateQueue`. Only some services have actions. */
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: Buffer;
  /** The body, if it is a JSON object. */
  readonly body: Json;
  readonly query: URLSearchParams;
}

interface MotoResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A feature that moto lacks, and how it is added. */
export interface Gap {
  /** Changes the body of the request to moto. */
  ask?(request: MotoRequest): Json | undefined | Promise<Json | undefined>;
  /** Returns a response. moto does not get the request. */
  answer?(request: MotoRequest): MotoResponse | undefined | Promise<MotoResponse | undefined>;
  /** Completes the response of moto. */
  amend?(request: MotoRequest, answer: Json): Json;
}

export const Json = z.record(z.string(), z.unknown());
export type Json = z.infer<typeof Json>;

/** A response 200 with a JSON body. */
export function ok(body: Json): MotoResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** Sends a request to moto. */
export async function forward(
  moto: string,
  { method, url, headers, raw }: MotoRequest,
): Promise<MotoResponse> {
  const { 'content-length': _l, 'transfer-encoding': _t, ...others } = headers;
  const answer = await fetch(moto + url, {
    method,
    headers: others,
    ...(raw.length > 0 && { body: new Uint8Array(raw) }),
  });
  const body = Buffer.from(await answer.arrayBuffer());
  const {
    'content-length': _cl,
    'content-encoding': _ce,
    connection: _c,
    'transfer-encoding': _te,
    ...kept
  } = Object.fromEntries(answer.headers);
  return { status: answer.status, headers: kept, body };
}

/** The body as a JSON object. Undefined if it is not one. */
export function jsonOf(body: Buffer): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}
