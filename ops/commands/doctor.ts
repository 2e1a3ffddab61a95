import { InvalidArgumentError } from 'commander';
import { SourceName, TicketId } from '../../shared/messages/ticket-change.ts';
import type { Colors, Context, RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import type { CheckState, DoctorFinding, DoctorReport } from '../doctor/check.ts';
import { exitCodes } from '../failure.ts';
import { escapeUnprintable, printJson } from '../text.ts';

type TicketIds = Readonly<Record<string, string>>;

interface DoctorOptions extends DeploymentOptions {
  config?: true;
  ticket?: TicketIds;
  json?: true;
}

const doctorExamples = `Examples:
  npm run ops -- doctor --stack prod                          check the deployment
  npm run ops -- doctor --stack prod --config                 check its configuration, before npm run up
  npm run ops -- doctor --stack prod --ticket zendesk=4711    request the page of an existing ticket
  npm run --silent ops -- doctor --stack prod --json | jq '.findings[] | select(.state != "ok")'

The command changes nothing. It tests the API key and the Auth Token of the deployment: you need AWS
permission to read their secrets. It makes its other calls to Twilio with your key (TWILIO_API_KEY). It
requests ticket pages from this machine over https, without a login.

--config checks what would stop npm run up: the configuration, the region, AWS credentials, permissions to
deploy, Lambda concurrency, and the KMS keys, certificate and event sources that the configuration names. It
tests the API key and the Auth Token of the configuration at Twilio, and needs no key of yours.
`;

/** `doctor`: checks a deployment or a configuration. */
export const registerDoctor: RegisterCommand = (program, context, exitWith) => {
  const command = program
    .command('doctor')
    .summary('check a deployment, or a configuration before npm run up')
    .description(
      'Checks Twilio and the permissions of the API key, secrets, clocks, ticket pages (reachable, ' +
        'frameable, login required), rejected requests, queues and alarms. Each finding has a next step.',
    );
  addAwsOptions(addDeploymentOptions(command))
    .option('--config', 'check only the configuration of the stack, before the first npm run up')
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
    return checkConfig(stack, tickets, target, context);
  }
  const deployment = await findDeployment(
    { ...target, ...(stack !== undefined && { stack }) },
    context,
  );
  const { checkDeployment } = await import('../doctor/deployment.ts');
  return checkDeployment(deployment, stack, tickets);
}

/** The findings as text. */
export function printFindings({ about, findings, counts }: DoctorReport, colors: Colors): string {
  const width = Math.max(...findings.map((finding) => escapeUnprintable(finding.about).length));
  const { ok, warning, failed, unknown } = counts;
  return [
    colors.bold(about),
    '',
    ...[...Map.groupBy(findings, ({ check }) => check)].flatMap(([check, found]) => [
      colors.bold(check),
      ...found.flatMap((finding) => findingLines(finding, width, colors)),
      '',
    ]),
    `${ok} ok, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${failed} failed, ${unknown} unknown`,
    '',
  ].join('\n');
}

function stateSymbol(state: CheckState, { green, yellow, red, cyan }: Colors): string {
  return { ok: green('✓'), warning: yellow('!'), failed: red('✗'), unknown: cyan('?') }[state];
}

function indent(text: string, width: number): string {
  return text
    .split('\n')
    .map(escapeUnprintable)
    .join(`\n${' '.repeat(width)}`);
}

function findingLines(finding: DoctorFinding, width: number, colors: Colors): string[] {
  const { about, state } = finding;
  const found = indent(finding.finding, width + 6);
  const line = `  ${stateSymbol(state, colors)} ${escapeUnprintable(about).padEnd(width)}  ${found}`;
  return 'next' in finding
    ? [line, `${' '.repeat(width + 6)}${colors.dim('->')} ${indent(finding.next, width + 9)}`]
    : [line];
}
