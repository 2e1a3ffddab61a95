import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { actionOf, fits } from '../../fixtures/aws/actions.ts';
import { restrictedValues } from '../../fixtures/aws/restricted-values.ts';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';
import { deployedTypes, deployRole } from '../../infra/policies/deploy-policy.ts';
import { requireOfPulumi } from '../../tools/engine/require-of-pulumi.ts';
import { allowing, covers, Policy } from './rules/policy.ts';

/** The YAML reader that Pulumi's SDK brings along. */
const { load }: { load: (text: string) => unknown } = requireOfPulumi('js-yaml');

const example = (file: string) =>
  readFileSync(join(repositoryRoot, 'examples/github-actions', file), 'utf8');

const policies = ['deploy-policy.json', 'deploy-policy-options.json'].map(example);
const statements = policies.flatMap((text) => Policy.parse(text));

/** Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const longestPolicy = 6144;

describe('the policy of a deployment', () => {
  it('is made of actions that AWS has, each on a resource that AWS has for it', async () => {
    expect(allowing(statements)).toEqual(statements);
    const pairs = statements.flatMap(({ Action, Resource }) =>
      Action.map((action) => ({ action, Resource })),
    );
    expect(pairs.length).toBeGreaterThan(100);
    const wrong = pairs.map(async ({ action, Resource }) => {
      const { arns } = (await actionOf(action)) ?? {};
      if (arns === undefined) return [`${action} does not exist`];
      const isOfResource = Resource.some((arn) => arns.some((listed) => fits(arn, listed)));
      return isOfResource || Resource.includes('*') ? [] : [`${action} is not of ${Resource}`];
    });
    expect((await Promise.all(wrong)).flat()).toEqual([]);
  });

  it('is for each type of resource that the program registers, and for no other', () => {
    const types = deployedTypes({ partition: 'aws', region: 'eu-west-1', account: '1' });
    // One rule about the program: each type that it registers is in `restrictedValues`.
    const registered = Object.keys(restrictedValues);
    expect(registered.filter((type) => !types.has(type))).toEqual([]);
    expect([...types].filter((type) => !registered.includes(type))).toEqual([]);
  });

  it('fits into policies of AWS', () => {
    for (const text of policies) {
      expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(longestPolicy);
    }
  });

  it('does not let the role that deploys change itself', () => {
    const arn = `arn:aws:iam::111122223333:role/${deployRole}`;
    const onItself = statements.filter(({ Resource }) =>
      Resource.some((pattern) => pattern.startsWith('arn:aws:iam:') && covers(pattern, arn)),
    );
    expect(onItself.map(({ Sid }) => Sid)).toEqual(['DoctorOnThisRole']);
  });
});

describe('the pipeline to copy', () => {
  const Step = z.object({ uses: z.string().default(''), with: z.looseObject({}).default({}) });
  const Job = z.object({ permissions: z.record(z.string(), z.string()), steps: z.array(Step) });
  const Workflow = z.object({ jobs: z.object({ preview: Job, up: Job }) });
  const { jobs } = Workflow.parse(load(example('deploy.yml')));

  it.each([
    ['preview', 'preview-crm-media-sync', 'pull_request'],
    ['up', deployRole, 'environment:production'],
  ] as const)('has a job %s, with the role %s for %s alone', (name, role, subject) => {
    const { permissions, steps } = jobs[name];
    expect(permissions).toMatchObject({ 'id-token': 'write', contents: 'read' });
    const inputs = Object.assign({}, ...steps.map((step) => step.with));
    expect(inputs).toMatchObject({ command: name });
    expect(inputs['role-to-assume']).toMatch(new RegExp(`:role/${role}$`));
    const trust = example(name === 'up' ? 'trust-deploy.json' : 'trust-preview.json');
    expect(trust).toContain(
      `"token.actions.githubusercontent.com:sub": "repo:acme@1234567/crm-media-sync@987654321:${subject}"`,
    );
  });
});
