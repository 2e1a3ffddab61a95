import { decode as decodeMessage, ExtensionCodec, encode as encodeMessage } from '@msgpack/msgpack';

/** A value that is unknown until AWS responds. */
export const unknown: unique symbol = Symbol('unknown');

/** A value in Terraform's protocol: JSON, or a value that is still unknown. */
export type Value =
  | null
  | boolean
  | number
  | string
  | typeof unknown
  | readonly Value[]
  | { readonly [key: string]: Value };

/**
 * An unknown value is extension 0. Extension 12 also contains known facts about the value.
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

/** Decodes values that `encode` or Terraform's providers write. */
export function decode(bytes: Buffer): Value {
  return decodeMessage(bytes, { extensionCodec }) as Value;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether a value is an object, not a list or a scalar. */
export function isMap(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !isList(value);
}
