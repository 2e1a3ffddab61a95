import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import { allRules } from './all-rules.ts';
import { evaluateRule } from './rule.ts';
import { recordStack, stackNames } from './stacks.ts';

describe(`the program under each configuration (${stackNames.join(', ')})`, () => {
  const recordings: Recording[] = [];
  beforeAll(async () => {
    for (const name of stackNames) {
      vi.resetModules();
      recordings.push(await recordStack(name, () => import('../../../infra/index.ts')));
    }
  });

  it.each(allRules)('$name', async (rule) => {
    expect(await evaluateRule(rule, recordings)).toEqual([]);
  });
});
