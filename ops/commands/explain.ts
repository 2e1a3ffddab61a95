import { InvalidArgumentError } from 'commander';
import { TaskSid } from '../../shared/messages/ticket-change.ts';
import { readTask } from '../../shared/taskrouter/read-task.ts';
import type { RegisterCommand } from '../context.ts';
import {
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { explainTask } from '../explain/explain-task.ts';
import { printExplanation } from '../explain/print.ts';
import { operatorTaskRouter, toTaskRouterFailure } from '../task-router.ts';
import { printJson } from '../text.ts';

interface ExplainOptions extends DeploymentOptions {
  readonly all?: true;
  readonly json?: true;
}

const explainExamples = `
It reads the Task and its reservations, and writes nothing.

Examples:
  npm run ops -- explain WT0123456789abcdef0123456789abcdef --stack prod
  npm run ops -- explain WT0123456789abcdef0123456789abcdef --local --all
  npm run --silent ops -- explain WT0123456789abcdef0123456789abcdef --json | jq .settle`;

/** `explain WT…`: one conversation, as a supervisor sees it and as the sync does. */
export const registerExplain: RegisterCommand = (program, context) => {
  const command = program
    .command('explain')
    .summary('show what one conversation shows, and why')
    .description(
      'Shows what each segment of a Task shows in Flex Insights, which of it is ours, what our ledger ' +
        'on the Task knows, and what a settle would change.',
    )
    .argument('<task>', "the Task's SID", parseTaskSid);
  addDeploymentOptions(command)
    .option('--all', 'show media of others whole; their titles and URLs may hold personal data')
    .option('--json', 'print one JSON document')
    .addHelpText('after', explainExamples)
    .action(async (sid: string, options: ExplainOptions) => {
      const deployment = await findDeployment(options, context);
      const taskRouter = operatorTaskRouter(deployment);
      const { task, reservations } = await readTask(taskRouter, sid, { calls: 0 }).catch(
        (error) => {
          throw toTaskRouterFailure(error, sid, deployment);
        },
      );
      const explanation = explainTask(task, reservations, deployment.sources, options.all === true);
      context.out(
        options.json ? printJson(explanation) : printExplanation(explanation, context.colors),
      );
    });
};

function parseTaskSid(text: string): string {
  if (TaskSid.safeParse(text).success) return text;
  throw new InvalidArgumentError('A Task SID is WT and 32 hexadecimal digits.');
}
