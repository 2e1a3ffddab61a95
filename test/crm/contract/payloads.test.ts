import { readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FieldUse } from '../../../fixtures/crm.ts';
import { readPayload } from '../../../fixtures/load.ts';
import { payloadLeaves } from '../../../fixtures/payload-leaves.ts';
import { HttpError } from '../../../shared/http/errors.ts';
import { readBody, sources } from './sources.ts';

const sid = (prefix: string, digit: string) => `${prefix}${digit.repeat(32)}`;

/** What an unread field may hold and change nothing. */
const canaries = ['PHI canary', 7, null, sid('CA', '9'), { canary: true }];

/** What no sender sends, and some may. */
const oddities: readonly unknown[] = [
  ...['', ' ', '..', '__proto__', 'constructor', '\u0000', '\ud800', '1e999'],
  ...['9'.repeat(400), 'x'.repeat(70_000), -1, 0.5, 1e300, true, [[[]]]],
  { __proto__: { a: 1 } },
  { toString: 1, value: { value: 1 } },
];

/** A field that is read makes a difference with one of these, or with its own `when`. */
const differences = ['canary', 4242, '4242', null, sid('CA', '9'), '2001-01-01T00:00:00Z', [], {}];

const isBelow = (path: string, field: string): boolean =>
  path === field || path.startsWith(`${field}.`) || path.startsWith(`${field}[`);

const whenOf = (reading: FieldUse | undefined): unknown[] =>
  typeof reading === 'object' ? [reading.when] : [];

describe.each(sources)('the payloads of $kind', ({ kind, crm, source, config }) => {
  const findings = (body: Buffer): unknown => {
    try {
      return source.normalise(readBody(source, body), config);
    } catch (error) {
      if (error instanceof HttpError) return `invalid: ${error.message}`;
      throw error;
    }
  };

  it('are all listed', () => {
    const files = readdirSync(new URL(`../../../fixtures/${kind}/`, import.meta.url));
    const listed = crm.payloads.map(({ file }) => file);
    expect(listed.toSorted()).toEqual(files.filter((file) => /\.(json|xml)$/.test(file)));
    for (const { file: sends } of crm.story.steps) expect(listed).toContain(sends);
  });

  it.each(crm.payloads)('$file: $description', ({ file, expected: gives }) => {
    expect(findings(readPayload(kind, file))).toEqual(gives);
  });

  it('are read by schemas that were made before', () => {
    const readAll = () => crm.payloads.map(({ file }) => findings(readPayload(kind, file)));
    readAll();
    // zod compiles a schema when it parses for the first time.
    const compile = vi.spyOn(globalThis, 'Function');
    onTestFinished(() => compile.mockRestore());
    readAll();
    expect(compile).not.toHaveBeenCalled();
  });

  it.each(crm.payloads)('of $file has only its listed fields read', ({ file, fields: reads }) => {
    const body = readPayload(kind, file);
    const before = JSON.stringify(findings(body));
    const makesADifference = new Map(Object.keys(reads).map((field) => [field, false]));
    for (const { path, replaceWith } of payloadLeaves(body)) {
      const differs = (value: unknown) => JSON.stringify(findings(replaceWith(value))) !== before;
      const fields = Object.keys(reads).filter((field) => isBelow(path, field));
      if (fields.length === 0) {
        expect([path, canaries.filter(differs)]).toEqual([path, []]);
      }
      for (const field of fields) {
        const found = [...differences, ...whenOf(reads[field])].some(differs);
        makesADifference.set(field, found || makesADifference.get(field) === true);
      }
    }
    expect([...makesADifference].filter(([, made]) => !made)).toEqual([]);
  });

  it.each(crm.payloads)('$file is parsed or rejected, for any value of a field', ({ file }) => {
    for (const { path, replaceWith } of payloadLeaves(readPayload(kind, file))) {
      for (const odd of oddities) {
        // Anything else than results or an HttpError is thrown here.
        const found = findings(replaceWith(odd));
        expect([path, typeof found === 'string' || Array.isArray(found)]).toEqual([path, true]);
      }
    }
  });
});
