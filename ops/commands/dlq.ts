import type { RegisterCommand } from '../register.ts';
import { registerList } from './dlq/list.ts';
import { registerPurge } from './dlq/purge.ts';
import { registerReplay } from './dlq/replay.ts';
import { registerShow } from './dlq/show.ts';

/** `dlq …`: what could not be applied, and how to apply it after all. */
export const registerDlq: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('dlq')
    .summary('list, show, replay or purge dead letters')
    .description(
      'Dead letters are messages that could not be applied: the sync has given them up with a reason, or SQS took them away after crashes. docs/runbook.md tells what to do about each reason.',
    )
    .helpCommand(false);
  for (const register of [registerList, registerShow, registerReplay, registerPurge]) {
    register(group, context, exitWith);
  }
};
