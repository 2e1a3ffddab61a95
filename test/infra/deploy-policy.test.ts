import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { actionOf } from './rules/iam.ts';
import { allowing, Policy } from './rules/policy.ts';

const page = readFileSync(join(repositoryRoot, 'docs/deploy.md'), 'utf8');
const policies = [...page.matchAll(/```json\n([\s\S]*?)\n```/g)].map(([, text = '']) => text);

/** Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const longestPolicy = 6144;

describe('the policy of a deployment', () => {
  it('is made of actions that AWS has', async () => {
    const statements = policies.flatMap((text) => Policy.parse(text));
    expect(allowing(statements).filter(({ Sid, Resource }) => Sid && Resource[0])).toEqual(
      statements,
    );
    const actions = statements.flatMap(({ Action }) => Action);
    const found = await Promise.all(actions.map(actionOf));
    const unknown = actions.filter((_, index) => found[index] === undefined);
    expect(actions.length).toBeGreaterThan(100);
    expect(unknown).toEqual([]);
  });

  it('fits into policies of AWS', () => {
    expect(policies).toHaveLength(2);
    for (const text of policies) {
      expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(longestPolicy);
    }
  });
});
