import { Option } from 'commander';
import type { Context } from '../context.ts';
import { readStack } from '../deployment/stack.ts';
import { Failure } from '../failure.ts';
import { printJson } from '../printable.ts';
import type { Register } from '../register.ts';
import { type FunctionName, functionNames } from '../trace/function-name.ts';
import type { DeployedBundles } from '../trace/open-bundle.ts';
import { printTraces } from '../trace/print-traces.ts';
import { readInput } from '../trace/read-input.ts';

interface TraceCommandOptions {
  readonly function?: FunctionName;
  readonly stack?: string;
  readonly json?: true;
}

const examples = `
The functions run minified, without source maps. Their places are found by building the bundle once more:
the same commit gives the same bytes. With --stack it is made sure that these are the bytes deployed.
It takes stack traces and log lines alike, as CloudWatch shows them or the AWS CLI prints them. Messages are
left out.

Examples:
  aws logs tail "$(pulumi stack output syncLogGroup)" --since 1h --filter-pattern crashed |
    npm run ops -- trace --stack prod
  npm run ops -- trace --function crm-change stack.txt
  npm run --silent ops -- trace --stack prod --json < logs.json | jq -r '.traces[].frames[0].file'`;

const deployedIn = async (stack: string, context: Context): Promise<DeployedBundles> => {
  const { name, bundles } = await readStack(stack, {}, context);
  if (bundles !== undefined) return { name, hashes: bundles };
  throw new Failure(
    `The outputs of stack ${stack} do not tell which bundles it runs.`,
    `Run pulumi up --stack ${stack} with this version of crm-media-sync, or leave out --stack and trust this checkout.`,
  );
};

/** `trace`: where in the sources a deployed function was when it crashed. */
export const registerTrace: Register = (program, context) => {
  program
    .command('trace')
    .summary('tell where in the sources a function crashed')
    .description(
      'Reads stack traces of deployed functions, and tells of each frame its file and line in the sources.',
    )
    .argument('[file]', 'what to read; the standard input where none is named')
    .option(
      '--stack <name>',
      'the Pulumi stack that it comes from: refuses where that runs other code',
    )
    .addOption(
      new Option(
        '--function <name>',
        'which function it is of, where the log line does not say',
      ).choices(functionNames),
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(async (file: string | undefined, options: TraceCommandOptions) => {
      const { stack, json } = options;
      const text = await readInput(file, context.err);
      const deployed = stack === undefined ? undefined : await deployedIn(stack, context);
      // esbuild takes longer to load than any other command to run.
      const { trace } = await import('../trace/trace.ts');
      const traces = trace(text, { function: options.function, deployed });
      context.out(
        json
          ? printJson({ checkedAgainst: deployed?.name ?? null, traces })
          : printTraces(traces, deployed?.name, context.colors),
      );
    });
};
