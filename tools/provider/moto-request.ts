import * as z from 'zod';

/** A request of the provider to AWS. */
export interface MotoRequest {
  readonly method: string;
  readonly url: string;
  readonly path: string;
  /** E.g. `AmazonSQS.CreateQueue`, of the services that have actions. */
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: Buffer;
  /** The body, if it is a JSON object. */
  readonly body: Json;
  readonly query: URLSearchParams;
}

export interface MotoResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Something that moto lacks, and how it is added. */
export interface Gap {
  /** What moto is asked instead. */
  ask?(request: MotoRequest): Json | undefined | Promise<Json | undefined>;
  /** Answers in moto's place. */
  answer?(request: MotoRequest): MotoResponse | undefined | Promise<MotoResponse | undefined>;
  /** Completes what moto answered. */
  amend?(request: MotoRequest, answer: Json): Json;
}

export const Json = z.record(z.string(), z.unknown());
export type Json = z.infer<typeof Json>;

/** A 200 with a JSON body. */
export function ok(body: Json): MotoResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** Sends a request on to moto. */
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

/** A body as a JSON object; undefined if it is none. */
export function jsonOf(body: Buffer): Json | undefined {
  try {
    return Json.safeParse(JSON.parse(body.toString())).data;
  } catch {
    return undefined;
  }
}
