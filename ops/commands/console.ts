import { isIP } from 'node:net';
import { InvalidArgumentError } from 'commander';
import type { RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';

interface ConsoleCommandOptions extends DeploymentOptions {
  host: string;
  port: number;
}

const consoleExamples = `Examples:
  npm run ops -- console --stack prod                                   then open the address that it prints
  npm run ops -- console --stack prod --profile support --port 8090     another profile, and a fixed address

The page shows queues, dead letters and alarms, and refreshes them. There you replay or purge dead letters
after a dry run, see what happened to a ticket (why), and check the deployment (doctor). The page uses your
AWS identity on this machine, and your Twilio key. It needs the permissions of status, why, doctor, dlq replay
and dlq purge: docs/iam.md#the-operator.

The page has no password: everybody who reaches the address can do what you can do. It listens on this
machine only, unless you give another --host. Ctrl-C ends it, and stops a replay. The next replay continues.
`;

/** `console`: a page about a deployment. */
export const registerConsole: RegisterCommand = (program, context) => {
  const command = program
    .command('console')
    .summary('serve a page: queues, dead letters, alarms, why, doctor')
    .description(
      'Serves a page about a deployment on this machine. It shows queues, dead letters and alarms, replays ' +
        'and purges dead letters, and runs why and doctor.',
    );
  addAwsOptions(addDeploymentOptions(command))
    .option('--port <number>', 'the port to listen on; 0 is any free one', parsePort, 0)
    .option('--host <address>', 'the IP address to listen on', parseAddress, loopback)
    .addHelpText('before', consoleExamples)
    .action(async ({ host, port, ...options }: ConsoleCommandOptions) => {
      const deployment = await findDeployment(options, context);
      const { startConsole } = await import('../console/console.ts');
      const stop = context.stopSignal();
      const { stack } = options;
      const { url, close } = await startConsole(deployment, {
        stack,
        root: context.root,
        host,
        port,
      });
      const { bold } = context.colors;
      context.out(`${bold('Console')}, ${deployment.name}: ${bold(url)}\nCtrl-C ends it.\n`);
      if (!isLoopback(host)) {
        context.err(
          `Others can reach ${host}. The page has no password: they can do what your AWS identity can do.\n`,
        );
      }
      await new Promise((resolve) => {
        if (stop.aborted) resolve(undefined);
        else stop.addEventListener('abort', resolve, { once: true });
      });
      await close();
    });
};

const loopback = '127.0.0.1';

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

const maxPort = 65_535;

function parsePort(text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= maxPort) return Number(text);
  throw new InvalidArgumentError(`Give a whole number from 0 to ${maxPort}; 0 is any free port.`);
}

function parseAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new InvalidArgumentError('Give an IP address, for example 127.0.0.1.');
}
