import { runtime } from '@pulumi/pulumi';

/** Tags whatever the stack makes from now on and AWS lets have tags; what a resource says itself stands. */
export const tagEverything = (tags: Readonly<Record<string, string>>): void =>
  runtime.registerStackTransformation(({ props, opts }) =>
    // What Pulumi's AWS provider can tag has this output.
    'tagsAll' in props
      ? { props: { ...props, tags: { ...tags, ...props['tags'] } }, opts }
      : undefined,
  );
