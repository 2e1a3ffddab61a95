import { InvalidArgumentError } from 'commander';
import { TaskSid } from '../../shared/messages/ticket-change.ts';
import { readTask } from '../../shared/taskrouter/task-router.ts';
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
  all?: true;
  json?: true;
}

const explainExamples = `Examples:
  npm run ops -- explain WT0123456789abcdef0123456789abcdef --stack prod
  npm run ops -- explain WT0123456789abcdef0123456789abcdef --local --all
  npm run --silent ops -- explain WT0123456789abcdef0123456789abcdef --stack prod --json | jq .reconcile

The command reads the Task and its reservations. It writes nothing.
`;

/** `explain WT…`: the media of one conversation, as supervisors see them and as sync does. */
export const registerExplain: RegisterCommand = (program, context) => {
  const command = program
    .command('explain')
    .summary('explain the media of one conversation')
    .description(
      'Shows the media of each segment of a Task in Flex Insights, and which of them crm-media-sync manages. ' +
        'Also shows the ledger on the Task, and what a reconcile would change.',
    )
    .argument('<task>', 'the SID of the Task', parseTaskSid);
  addDeploymentOptions(command)
    .option(
      '--all',
      'show titles and URLs of media of other writers; they may contain personal data',
    )
    .option('--json', 'print one JSON document')
    .addHelpText('before', explainExamples)
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
