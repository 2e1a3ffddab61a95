import { RunError } from '@pulumi/pulumi/errors.js';

// Pulumi runs this file with the `node` of the path. The program is TypeScript, which an older Node cannot import.
// Source: https://nodejs.org/api/process.html#processfeaturestypescript
if (!process.features.typescript) {
  throw new RunError(
    `Node ${process.versions.node} cannot run this program: it needs 22.18 or later. \`npm run up\` brings it; for \`pulumi\` itself, put a newer \`node\` first on the path.`,
  );
}

const program = await import('./index.ts');

/** The outputs of the stack. */
export default { ...program };
