import { runtime } from '@pulumi/pulumi';

type Tags = Readonly<Record<string, string>>;

/**
 * Tags all taggable resources that the program creates from now on. A tag of a resource itself wins over
 * `configuredTags`, and these win over `defaultTags`, also if the case of their keys differs.
 */
export function tagAllResources(defaultTags: Tags, configuredTags: Tags): void {
  const tags = { ...withoutKeys(defaultTags, configuredTags), ...configuredTags };
  runtime.registerStackTransformation(({ props, opts }) =>
    // Pulumi's AWS provider gives this property to every taggable resource.
    'tagsAll' in props
      ? { props: { ...props, tags: { ...tags, ...props['tags'] } }, opts }
      : undefined,
  );
}

/** IAM rejects two tag keys that differ only in case. */
function withoutKeys(tags: Tags, others: Tags): Tags {
  const taken = new Set(Object.keys(others).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !taken.has(key.toLowerCase())));
}
