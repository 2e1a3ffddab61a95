/** `npm run docs`: writes the documents that are generated from the code. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DeployFeature, deployStatements } from '../infra/policies/deploy-policy.ts';
import { writeConfiguration } from './writers/configuration.ts';
import { drawRetries } from './writers/retries.ts';

/** The generated documents, by their name in this folder. */
export const documents = [
  { file: 'configuration.md', text: writeConfiguration },
  { file: 'retries.svg', text: drawRetries },
  { file: '../examples/github-actions/deploy-policy.json', text: () => deployPolicy() },
  {
    file: '../examples/github-actions/deploy-policy-options.json',
    text: () => deployPolicy(['partnerEvents', 'hostedZone', 'vpc']),
  },
];

export function pathOf(file: string): string {
  return join(import.meta.dirname, file);
}

/** The permissions of the role that deploys, as a policy of IAM with AWS's example account. */
function deployPolicy(features?: readonly DeployFeature[]): string {
  const example = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
  const policy = { Version: '2012-10-17', Statement: deployStatements(example, features) };
  return `${JSON.stringify(policy, null, 2)}\n`;
}

if (import.meta.main) {
  for (const { file, text } of documents) writeFileSync(pathOf(file), text());
}
