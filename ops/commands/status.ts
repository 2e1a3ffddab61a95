import { setTimeout as delay } from 'node:timers/promises';
import type { RegisterCommand } from '../context.ts';
import {
  addAwsOptions,
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { printJson } from '../text.ts';

interface StatusOptions extends DeploymentOptions {
  watch?: true;
  json?: true;
}

const statusExamples = `Examples:
  npm run ops -- status --stack prod
  npm run ops -- status --stack prod --watch
  npm run --silent ops -- status --stack prod --json | jq .deadLetters

The command changes nothing. It reads up to 2000 dead letters. While it reads them, other commands do not
see them. With --watch it reads them again only if there are more.
`;

/** `status`: one screen about a deployment. */
export const registerStatus: RegisterCommand = (program, context) => {
  const command = program
    .command('status')
    .summary('show queue, outcomes, lag, dead letters and alarms on one screen')
    .description(
      'Shows one screen: the queue, the outcomes of the last hour by source, the lag, the circuit breaker, ' +
        'dead letters by reason, and alarms.',
    );
  addAwsOptions(addDeploymentOptions(command))
    .option('--watch', 'refresh the screen until Ctrl-C')
    .option('--json', 'print one JSON document')
    .addHelpText('before', statusExamples)
    .action(async (options: StatusOptions) => {
      if (options.watch && options.json) command.error('error: --watch does not go with --json');
      const deployment = await findDeployment(options, context);
      const { createStatusReader } = await import('../status/status.ts');
      const { printStatus } = await import('../status/print.ts');
      const stop = context.stopSignal();
      const read = createStatusReader(deployment, context);
      if (options.json) {
        context.out(printJson(await read(Date.now(), stop)));
        return;
      }
      if (!options.watch) {
        context.out(printStatus(await read(Date.now(), stop), context.colors));
        return;
      }
      const pauseMs = deployment.aws.cloudWatch === undefined ? pausesMs.local : pausesMs.aws;
      while (!stop.aborted) {
        const status = await read(Date.now(), stop);
        if (!stop.aborted) context.screen(printStatus(status, context.colors));
        await delay(pauseMs, undefined, { signal: stop }).catch(() => {});
      }
    });
};

/** CloudWatch allows few requests per second. */
const pausesMs = { aws: 10_000, local: 2000 };
