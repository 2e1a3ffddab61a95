import { runtime } from '@pulumi/pulumi';

/** An object in the form that a program and the engine exchange. Secrets, assets and unknown values are marked. */
export type Wire = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is an object without such a mark. */
const isPlain = (value: unknown): value is Wire =>
  isObject(value) && !(runtime.specialSigKey in value);

const isSecret = (value: unknown): boolean =>
  isObject(value) && value[runtime.specialSigKey] === runtime.specialSecretSig;

/** A copy in which each secret is replaced by a text. */
export const withoutSecrets = (value: unknown): unknown => {
  if (isSecret(value)) return 'a secret';
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, withoutSecrets(of)]));
};

/** All values that are marked as secrets, at any depth. */
export const secretsIn = (value: unknown): unknown[] => {
  if (isSecret(value)) return [Object(value).value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
};

/** The state of a resource: its inputs, and the properties that AWS adds. In a preview these are unknown. */
export const stateOf = (inputs: Wire, made: Wire, unknownYet: boolean): Wire => ({
  ...inputs,
  ...Object.fromEntries(
    Object.entries(made).flatMap(([key, value]) => {
      const given = inputs[key];
      if (given === undefined) return [[key, unknownYet ? runtime.unknownValue : value]];
      return isPlain(given) && isPlain(value) ? [[key, stateOf(given, value, unknownYet)]] : [];
    }),
  ),
});
