import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RegisterCommand } from '../context.ts';
import { type ExitCode, exitCodes, Failure } from '../failure.ts';

const drillExamples = `Examples:
  npm run ops -- drill          step by step: press Enter to continue
  npm run ops -- drill --yes    without waiting, in less than two minutes

The drill starts its own local stack and stops it at the end. It does not affect npm start or a deployment.
It runs the commands that it shows, and checks their results. If a check fails, the exit code is 1. Without
a terminal it does not wait.
`;

/** `drill`: an outage, dead letters and their replay on a local stack, explained step by step. */
export const registerDrill: RegisterCommand = (program, context, exitWith) => {
  program
    .command('drill')
    .summary('practise an outage and a replay on a local stack')
    .description(
      'Practises a night on call on a local stack: an outage, dead letters of each reason, replays. ' +
        'Do it once before you go on call.',
    )
    .option('--yes', 'do not wait for Enter between the steps')
    .addHelpText('before', drillExamples)
    .action(async ({ yes }: { yes?: true }) => {
      // The drill runs in its own process, because it puts its clock forward.
      const child = spawn(process.execPath, [drillProgram, ...(yes ? ['--yes'] : [])], {
        stdio: 'inherit',
      });
      context.stopSignal().addEventListener('abort', () => child.kill('SIGTERM'));
      const [code] = await once(child, 'exit');
      const exitCode = Object.values(exitCodes).find((each) => each === code);
      if (exitCode === undefined) {
        throw new Failure(
          `The drill ended early (${code ?? 'by a signal'}).`,
          'Run it again. If it ends again, report it with its last lines.',
        );
      }
      exitWith(exitCode satisfies ExitCode);
    });
};

const drillProgram = fileURLToPath(new URL('../../local/drill.ts', import.meta.url));
