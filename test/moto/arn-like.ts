const parts = (arn: string): readonly string[] => {
  const all = arn.split(':');
  return [...all.slice(0, 5), all.slice(5).join(':')];
};

const like = (pattern: string): RegExp =>
  new RegExp(`^${RegExp.escape(pattern).replaceAll('\\*', '.*').replaceAll('\\?', '.')}$`);

/**
 * Whether a policy's `ArnLike` takes an ARN: each of its six parts by itself, in which `*` matches
 * anything and `?` for any one character.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export const arnLike = (pattern: string, arn: string): boolean => {
  const patterns = parts(pattern).map(like);
  return parts(arn).every((part, index) => patterns[index]?.test(part));
};
