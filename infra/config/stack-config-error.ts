import { RunError } from '@pulumi/pulumi/errors.js';
import type { ConfigProblem } from './problems.ts';

/** A stack that cannot be deployed as it is configured. Pulumi shows it without a stack trace. */
export class StackConfigError extends RunError {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(
      [
        'The stack is not configured rightly (docs/configuration.md tells every setting, Pulumi.example.yaml shows them all):',
        ...problems.map(({ path, message, command }) => `- ${path}: ${message}\n    ${command}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}
