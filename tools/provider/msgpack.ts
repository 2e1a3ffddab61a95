import { decode as decodeMessage, ExtensionCodec, encode as encodeMessage } from '@msgpack/msgpack';

/** A value that is not known before AWS has answered. */
export const unknown: unique symbol = Symbol('unknown');

/** What Terraform's protocol carries: JSON, and values that are unknown yet. */
export type Value =
  | null
  | boolean
  | number
  | string
  | typeof unknown
  | readonly Value[]
  | { readonly [key: string]: Value };

/**
 * Unknown values are extension 0, or 12 with what is known of them.
 * Source: https://github.com/hashicorp/terraform/blob/main/docs/plugin-protocol/object-wire-format.md
 */
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: 0,
  encode: (value) => (value === unknown ? new Uint8Array(1) : null),
  decode: () => unknown,
});
extensionCodec.register({ type: 12, encode: () => null, decode: () => unknown });

/** Encodes a value as Terraform's plugin protocol does. */
export function encode(value: Value): Buffer {
  return Buffer.from(encodeMessage(value, { extensionCodec }));
}

/** Decodes what `encode` and Terraform's providers write. */
export function decode(bytes: Buffer): Value {
  return decodeMessage(bytes, { extensionCodec }) as Value;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether it is an object: no list, no single value. */
export function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !isList(value);
}
