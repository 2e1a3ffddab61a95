import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import type { Context } from '../../context.ts';
import { runPulumi } from '../../deployment/ask-pulumi.ts';
import { Failure } from '../../failure.ts';

/** What `pulumi config --json` tells of each key; an object or a list stands in `value` as JSON. */
const PulumiConfigJson = jsonText(
  z.record(z.string(), z.object({ value: z.string(), secret: z.boolean().default(false) })),
);
export type PulumiConfig = z.output<typeof PulumiConfigJson>;

/**
 * The configuration of a Pulumi stack by full key, e.g. `crm-media-sync:sources`, with secrets in plain
 * text: they stay in this process.
 * @throws Failure that says what Pulumi said
 */
export const readPulumiConfig = async (
  stack: string,
  context: Pick<Context, 'environment' | 'root'>,
): Promise<PulumiConfig> => {
  const stdout = await runPulumi(
    {
      command: ['config', '--json', '--show-secrets'],
      stack,
      subject: 'the configuration',
      next: 'pulumi stack ls lists the stacks; to decrypt secrets it needs what pulumi up needs.',
    },
    context,
  );
  const values = PulumiConfigJson.safeParse(stdout);
  if (values.success) return values.data;
  throw new Failure(
    `What pulumi config --json tells of stack ${stack} is not as expected.`,
    'Update pulumi; if that does not help, please report it.',
  );
};
