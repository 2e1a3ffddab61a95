const whitespace = /[\t\n\f\r ]+/;
const printable = /^[\x21-\x7e]+$/;

/** The sources of a policy's first `frame-ancestors`; `undefined` where it has none. */
const ancestorsIn = (policy: string): readonly string[] | undefined => {
  const directive = policy
    .split(';')
    .map((text) => text.split(whitespace).filter((word) => word !== ''))
    .find(([name]) => name?.toLowerCase() === 'frame-ancestors');
  const sources = directive?.slice(1);
  // Browsers drop a directive with other characters in it, each by a rule of its own: nobody is let in.
  return sources?.every((source) => printable.test(source)) === false ? [] : sources;
};

/**
 * Who may frame a page, by the values of its `content-security-policy` headers: one list of source
 * expressions for each policy that says so. All of them must allow.
 * Source: https://www.w3.org/TR/CSP3/#parse-serialized-policy
 */
export const frameAncestors = (headerValues: readonly string[]): readonly (readonly string[])[] =>
  headerValues
    .flatMap((value) => value.split(','))
    .map(ancestorsIn)
    .filter((sources) => sources !== undefined);
