import { runtime } from '@pulumi/pulumi';

type Tags = Readonly<Record<string, string>>;

/**
 * Tags whatever the stack makes from now on and AWS lets have tags: with `given`, with those of `usual` that
 * are not given otherwise, and with what a resource says itself, which stands.
 */
export function tagAllResources(defaultTags: Tags, configuredTags: Tags): void {
  const tags = { ...withoutKeys(defaultTags, configuredTags), ...configuredTags };
  runtime.registerStackTransformation(({ props, opts }) =>
    // What Pulumi's AWS provider can tag has this output.
    'tagsAll' in props
      ? { props: { ...props, tags: { ...tags, ...props['tags'] } }, opts }
      : undefined,
  );
}

/** IAM takes keys that differ in case alone for one, and refuses to have both. */
function withoutKeys(tags: Tags, others: Tags): Tags {
  const taken = new Set(Object.keys(others).map((key) => key.toLowerCase()));
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !taken.has(key.toLowerCase())));
}
