import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';

// Reduces Twilio's OpenAPI description to the parts that tests compare with the emulator. See
// test/local/taskrouter/openapi/README.md.
const [, , from = ''] = process.argv;
const to = '../test/local/taskrouter/openapi/twilio_taskrouter_v1.json';
const Spec = z.object({
  openapi: z.string(),
  info: z.json(),
  paths: z.record(z.string(), z.json()),
  components: z.object({ schemas: z.record(z.string(), z.json()) }),
});
const spec = Spec.parse(JSON.parse(readFileSync(from, 'utf8')));

const tasks = '/v1/Workspaces/{WorkspaceSid}/Tasks';
const paths = pick(spec.paths, [
  '/v1/Workspaces/{Sid}',
  tasks,
  `${tasks}/{Sid}`,
  `${tasks}/{TaskSid}/Reservations`,
  `${tasks}/{TaskSid}/Reservations/{Sid}`,
]);
const schemas = pick(spec.components.schemas, [...schemasUsedBy(paths)].sort());
const reduced = { openapi: spec.openapi, info: spec.info, paths, components: { schemas } };
writeFileSync(join(import.meta.dirname, to), `${JSON.stringify(withoutProse(reduced), null, 2)}\n`);

function pick(from: Record<string, unknown>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

/** The schemas that a value refers to, directly or through other schemas. */
function schemasUsedBy(value: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, member] of Object.entries(value)) {
    const name = key === '$ref' ? String(member).replace('#/components/schemas/', '') : undefined;
    if (name === undefined) schemasUsedBy(member, found);
    else if (!found.has(name)) schemasUsedBy(spec.components.schemas[name], found.add(name));
  }
  return found;
}

/** Removes descriptions, examples and extensions. A property may be named `description`. */
function withoutProse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutProse);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, member]) =>
          !(key === 'description' && typeof member === 'string') &&
          !key.startsWith('x-') &&
          key !== 'examples',
      )
      .map(([key, member]) => [key, withoutProse(member)]),
  );
}
