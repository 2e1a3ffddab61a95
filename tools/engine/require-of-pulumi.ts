import { createRequire } from 'node:module';

/** Requires a package from the dependencies of Pulumi's SDK, in the version that the SDK uses. */
export const requireOfPulumi = createRequire(
  createRequire(import.meta.url).resolve('@pulumi/pulumi/package.json'),
);
