import { InvalidArgumentError } from 'commander';
import { SourceName, TicketId } from '../../shared/messages/ticket-change.ts';
import type { Context, RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import type { DoctorReport } from '../doctor/check.ts';
import { exitCodes } from '../failure.ts';
import { printJson } from '../text.ts';

type TicketIds = Readonly<Record<string, string>>;

interface DoctorOptions extends DeploymentOptions {
  config?: true;
  ticket?: TicketIds;
  json?: true;
}

const doctorExamples = `Examples:
  npm run ops -- doctor --stack prod                          check the deployment
  npm run ops -- doctor --stack prod --config                 check its configuration, before pulumi up
  npm run ops -- doctor --stack prod --ticket zendesk=4711    request the page of an existing ticket
  npm run --silent ops -- doctor --stack prod --json | jq '.findings[] | select(.state != "ok")'

The command changes nothing. It calls Twilio with the API key of the deployed sync, so you need AWS
permission to read that secret. It requests ticket pages from this machine over https, without a login.
`;

/** `doctor`: checks a deployment or a configuration. */
export const registerDoctor: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('doctor')
    .summary('check a deployment, or a configuration before pulumi up')
    .description(
      'Checks Twilio and the permissions of the API key, secrets, clocks, ticket pages (reachable, ' +
        'frameable, login required), rejected requests, queues and alarms. Each finding has a next step.',
    );
  addAwsOptions(addDeploymentOptions(command))
    .option('--config', 'check only the configuration of the stack, before the first pulumi up')
    .option(
      '--ticket <source>=<id>',
      'an existing ticket whose page to request; once per source',
      parseTicketOption,
    )
    .option('--json', 'print one JSON document')
    .addHelpText('before', doctorExamples)
    .action(async (options: DoctorOptions) => {
      if (options.stack === undefined && (options.config || options.ticket)) {
        command.error('error: --config and --ticket need --stack');
      }
      const report = await runDoctor(options, context);
      const { printFindings } = await import('../doctor/print.ts');
      context.out(options.json ? printJson(report) : printFindings(report, context.colors));
      if (report.counts.failed > 0) exitWith(exitCodes.findings);
    });
};

function parseTicketOption(text: string, earlier: TicketIds = {}): TicketIds {
  const [source = '', ...id] = text.split('=');
  if (SourceName.safeParse(source).success && TicketId.safeParse(id.join('=')).success) {
    return { ...earlier, [source]: id.join('=') };
  }
  throw new InvalidArgumentError('Give it as <source>=<ticket id>.');
}

/** Loads the checks lazily: they take long to load, and no other command needs them. */
async function runDoctor(
  { stack, config, ticket: tickets = {}, ...target }: DoctorOptions,
  context: Context,
): Promise<DoctorReport> {
  if (config && stack !== undefined) {
    const { checkConfig } = await import('../doctor/config.ts');
    return checkConfig(stack, tickets, context);
  }
  const deployment = await findDeployment(
    { ...target, ...(stack !== undefined && { stack }) },
    context,
  );
  const { checkDeployment } = await import('../doctor/deployment.ts');
  return checkDeployment(deployment, stack, tickets);
}
