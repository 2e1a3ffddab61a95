import { InvalidArgumentError, Option } from 'commander';
import { SourceName } from '../../shared/messages/ticket-change.ts';
import type { RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { parseDuration } from '../dlq/options.ts';
import { exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';
import { parseTraceItem, requireTraceItem } from '../why/trace.ts';

interface WhyOptions extends DeploymentOptions {
  source?: string;
  since: number;
  json?: true;
}

const whyExamples = `Examples:
  npm run ops -- why zendesk/4711 --stack prod
  npm run ops -- why 4711 --source zendesk --stack prod --since 7d
  npm run ops -- why CA0123456789abcdef0123456789abcdef --stack prod
  npm run --silent ops -- why zendesk/4711 --stack prod --json | jq .conclusion

The command reads the logs, the Task and the dead letters, and changes nothing. While it reads the dead
letters, other commands do not see them. If it finds nothing, it says "Not seen", and the exit code is 0.
`;

/** `why`: what happened to one ticket or conversation in webhook, queue, sync, Task and dead letters. */
export const registerWhy: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('why')
    .summary('show what happened to a ticket or a conversation')
    .description(
      'Shows what happened to a ticket or a conversation in webhook, queue, sync, Task and dead letters, ' +
        'with times, outcomes and the next step.',
    )
    .argument('<item>', 'a ticket as <source>/<id>, or the SID of a Task, call or conversation');
  addAwsOptions(addDeploymentOptions(command))
    .option('--source <name>', 'the source of the ticket, if only its id is given', parseSourceName)
    .addOption(
      new Option('--since <span>', 'how far back to read the logs: 90s, 30m, 2h, 7d')
        .argParser(parseDuration)
        .default(24 * 3_600_000, '24h'),
    )
    .option('--json', 'print one JSON document')
    .addHelpText('before', whyExamples)
    .action(async (text: string, options: WhyOptions) => {
      const parsed = parseTraceItem(text, options.source);
      if (parsed === undefined) {
        return command.error(
          'error: give a ticket as <source>/<id>, an id with --source <name>, or a SID (WT…, CA… or CH…)',
        );
      }
      const deployment = await findDeployment(options, context);
      const item = requireTraceItem(parsed, deployment.sources);
      const { traceItem } = await import('../why/trace.ts');
      const { conclude, printTrace } = await import('../why/print.ts');
      const now = Date.now();
      const stop = context.stopSignal();
      const trace = await traceItem(deployment, item, now - options.since, stop, context);
      if (stop.aborted) return exitWith(exitCodes.stopped);
      const { name, option } = deployment;
      context.out(
        options.json
          ? printJson({ deployment: name, ...trace, conclusion: conclude(trace, now, option) })
          : printTrace(trace, name, now, context.colors, option),
      );
    });
};

function parseSourceName(text: string): string {
  if (SourceName.safeParse(text).success) return text;
  throw new InvalidArgumentError('A source name has lower-case letters, digits and hyphens.');
}
