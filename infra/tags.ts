import type { ResourceTransformation } from '@pulumi/pulumi';

type Tags = Readonly<Record<string, string>>;

/**
 * A transformation that tags all taggable resources of a component. A tag of the resource itself replaces the same
 * tag of `configuredTags`, and that replaces the same tag of `defaultTags`. The case of the keys does not matter.
 */
export function addTags(defaultTags: Tags, configuredTags: Tags): ResourceTransformation {
  const tags = { ...withoutKeys(defaultTags, configuredTags), ...configuredTags };
  return ({ props, opts }) =>
    // Pulumi's AWS provider defines this property for every taggable resource.
    'tagsAll' in props
      ? { props: { ...props, tags: { ...tags, ...props['tags'] } }, opts }
      : undefined;
}

/** IAM rejects two tag keys that differ only in case. */
function withoutKeys(tags: Tags, others: Tags): Tags {
  const taken = new Set(Object.keys(others).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !taken.has(key.toLowerCase())));
}
