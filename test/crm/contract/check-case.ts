import { expect, it } from 'vitest';
import { type Changes, payloadWith } from '../../../fixtures/payload-with.ts';
import type { EventResult } from '../../../shared/crm/source.ts';
import { callSid, conversationSid, taskSid } from '../../crm-change/webhook.ts';
import { sources } from './sources.ts';

/** The SID of a second call. */
export const otherSid = `CA${'d'.repeat(32)}`;

/** What differs in a payload, the changes that it then gives in words, and other settings of the source. */
export type Case = [what: string, changes: Changes, gives: string, settings?: Changes];

/** A test of each case of one payload file; `ids` says whether the words name tickets. */
export const testCases = (
  name: string,
  [kind, file]: readonly [kind: string, file: string],
  cases: readonly Case[],
  ids: 'with ids' | 'without ids' = 'without ids',
): void => {
  it.each(cases)(name, (_what, changes, gives, settings = {}) => {
    checkCase([kind, file], changes, gives, ids, settings);
  });
};

/** Checks that a payload with these changes gives these results, all of the same moment. */
export const checkCase = (
  [kind, file]: readonly [kind: string, file: string],
  changes: Changes,
  gives: string,
  ids: 'with ids' | 'without ids' = 'without ids',
  settings: Changes = {},
): void => {
  const found = sources.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`there is no kind ${kind}`);
  const config = { ...found.config, ...settings };
  const results = found.source.normalise(payloadWith(kind, file, changes), config);
  const [newest = 0n] = results.map(versionOf).sort((one, other) => (one < other ? 1 : -1));
  const hasLeft = (result: EventResult) => versionOf(result) < newest;
  const words = results.map((result) => inWords(result, hasLeft(result), ids === 'with ids'));
  expect(words.join(', ')).toBe(gives);
  const readable = results.filter(({ kind }) => kind !== 'invalid');
  const moments = readable.map((result) =>
    JSON.stringify(momentOf(result, hasLeft(result)).map(String)),
  );
  expect(new Set(moments).size).toBe(1);
};

const names = new Map([
  [taskSid, 'task'],
  [callSid, 'call'],
  [conversationSid, 'chat'],
  [otherSid, 'other'],
]);

/** A result in words: `removed call moved`, `present task exclusive`, `present 4 for 1`. */
const inWords = (result: EventResult, hasLeft: boolean, ids: boolean): string => {
  if (!('sids' in result)) return result.kind;
  const { kind, id, sids, exclusive, replaces } = result;
  const words = [
    kind,
    ...(ids ? [id] : []),
    ...Object.values(sids).map((sid) => names.get(String(sid)) ?? 'unknown'),
    ...(exclusive ? ['exclusive'] : []),
    ...(hasLeft ? ['moved'] : []),
    ...(ids && replaces !== undefined ? [`for ${replaces}`] : []),
  ];
  return words.join(' ');
};

/** The version that a result is ordered by: what leaves a conversation comes one before. */
const momentOf = (result: EventResult, hasLeft: boolean): readonly unknown[] =>
  'version' in result ? [BigInt(result.version) + (hasLeft ? 1n : 0n), result.occurredAt] : [];

const versionOf = (result: EventResult): bigint =>
  'version' in result ? BigInt(result.version) : 0n;
