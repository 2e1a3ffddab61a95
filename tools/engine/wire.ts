import { runtime } from '@pulumi/pulumi';

/** An object as it goes between a program and the engine: secrets, assets and what is unknown have marks. */
export type Wire = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Wire =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether it is an object and nothing that Pulumi has a mark for. */
const isPlain = (value: unknown): value is Wire =>
  isObject(value) && !(runtime.specialSigKey in value);

const isSecret = (value: unknown): boolean =>
  isObject(value) && value[runtime.specialSigKey] === runtime.specialSecretSig;

/** A copy in which nothing is left of what is wrapped as a secret. */
export const withoutSecrets = (value: unknown): unknown => {
  if (isSecret(value)) return 'a secret';
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, of]) => [key, withoutSecrets(of)]));
};

/** What is wrapped as a secret, at any depth. */
export const secretsIn = (value: unknown): unknown[] => {
  if (isSecret(value)) return [Object(value).value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(secretsIn) : [];
};

/** What a program said of a resource, and what else there is to it once it is made, or unknown until then. */
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
