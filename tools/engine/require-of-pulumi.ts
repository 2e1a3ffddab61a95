import { createRequire } from 'node:module';

/** Requires a package that Pulumi's SDK brings along, in the version that it uses. */
export const requireOfPulumi = createRequire(
  createRequire(import.meta.url).resolve('@pulumi/pulumi/package.json'),
);
