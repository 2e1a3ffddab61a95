import pc from 'picocolors';
import type { WorldDescription } from '../world-description.ts';
import { firstTry } from './first-try.ts';

/** What `npm start` tells a person once all is ready: where everything is, and what to do with it. */
export const announcement = (world: WorldDescription, startedInMs: number): string => {
  const row = (name: string, text: string) => `  ${pc.bold(name.padEnd(14))}${text}`;
  const hooks = Object.entries(world.sources).flatMap(([name, { kind, secret }]) => [
    row(`${name} hook`, `${world.door}/webhooks/${name}`),
    row('', `${kind}, signed with ${secret}`),
  ]);
  return [
    `${pc.green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), all of it on this machine:`,
    '',
    ...hooks,
    row('TaskRouter', world.taskrouter),
    row('', `Workspace ${world.workspaceSid}, account ${world.accountSid}`),
    row('', `API key ${world.apiKey}, secret ${world.apiSecret}`),
    row('queue', world.queueUrl),
    row('dead letters', world.deadLetterQueueUrl),
    '',
    `${pc.bold('A first try')}, to paste into another terminal:`,
    '',
    firstTry(world),
    `${pc.bold('What comes in')} (Ctrl-C stops):`,
    '\n',
  ].join('\n');
};
