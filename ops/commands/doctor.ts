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
  readonly config?: true;
  readonly ticket?: TicketIds;
  readonly json?: true;
}

const doctorExamples = `
It changes nothing. Twilio is asked with the key that the deployed sync uses, so AWS has to let you read
its secret; ticket pages are asked from this machine, by https, without any login.

Examples:
  npm run ops -- doctor --stack prod                          the deployment
  npm run ops -- doctor --stack prod --config                 its configuration, before pulumi up
  npm run ops -- doctor --stack prod --ticket zendesk=4711    with a real ticket's page
  npm run --silent ops -- doctor --stack prod --json | jq '.findings[] | select(.state != "ok")'`;

/** `doctor`: what is amiss with a deployment or a configuration, before it hurts. */
export const registerDoctor: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('doctor')
    .summary('check a deployment, or a configuration before it is one')
    .description(
      'Checks what a deployment needs: Twilio and what its key may do, secrets, clocks, ticket pages ' +
        '(reachable, framed, and not readable without a login), queues, alarms. Tells the next step.',
    );
  addAwsOptions(addDeploymentOptions(command))
    .option('--config', "check the stack's configuration alone, before the first pulumi up")
    .option(
      '--ticket <source>=<id>',
      'a real ticket, whose page is asked; once a source',
      parseTicketOption,
    )
    .option('--json', 'print one JSON document')
    .addHelpText('after', doctorExamples)
    .action(async (options: DoctorOptions) => {
      if (options.stack === undefined && (options.config || options.ticket)) {
        command.error('error: --config and --ticket are about a stack: name it with --stack');
      }
      const report = await runDoctor(options, context);
      const { printFindings } = await import('../doctor/print.ts');
      context.out(options.json ? printJson(report) : printFindings(report, context.colors));
      if (report.counts.bad > 0) exitWith(exitCodes.findings);
    });
};

function parseTicketOption(text: string, earlier: TicketIds = {}): TicketIds {
  const [source = '', ...id] = text.split('=');
  if (SourceName.safeParse(source).success && TicketId.safeParse(id.join('=')).success) {
    return { ...earlier, [source]: id.join('=') };
  }
  throw new InvalidArgumentError('Write it as <source>=<id of one of its tickets>.');
}

/** What is to be looked at takes its time to load, and no other command needs it. */
async function runDoctor(
  { stack, config, ticket: tickets = {}, ...target }: DoctorOptions,
  context: Context,
): Promise<DoctorReport> {
  if (config && stack !== undefined) {
    const { checkConfig: examineConfig } = await import('../doctor/config.ts');
    return examineConfig(stack, tickets, context);
  }
  const deployment = await findDeployment(
    { ...target, ...(stack !== undefined && { stack }) },
    context,
  );
  const { checkDeployment: examineDeployment } = await import('../doctor/deployment.ts');
  return examineDeployment(deployment, stack, tickets);
}
