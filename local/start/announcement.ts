import pc from 'picocolors';
import type { DescribedSource, WorldDescription } from '../world-description.ts';
import { firstTry } from './first-try.ts';

const row = (name: string, text: string) => `  ${pc.bold(name.padEnd(20))}${text}`;

const rowsOf = ([name, source]: [string, DescribedSource]): string[] =>
  source.transport === 'http'
    ? [row(name, source.url), row('', pc.dim(`secret ${source.secret}`))]
    : [row(name, source.url), row('', pc.dim(`PutEvents, from ${source.partnerEventSource}`))];

/** What `npm start` tells a person once all is ready: where everything is, and what to do with it. */
export const announcement = (world: WorldDescription, startedInMs: number): string =>
  [
    `${pc.green('Running')} (started in ${(startedInMs / 1000).toFixed(1)} s), all of it on this machine:`,
    '',
    row('TaskRouter', world.taskrouter),
    row('', `Workspace ${world.workspaceSid}, account ${world.accountSid}`),
    row('', `API key ${world.apiKey}, secret ${world.apiSecret}`),
    row('', `tells of its events at ${world.taskEventsUrl}`),
    row('queue', world.queueUrl),
    row('dead letters', world.deadLetterQueueUrl),
    row('dead events', world.eventDeadLetterQueueUrl),
    '',
    `${pc.bold('Where CRMs send')} (npm start -- --json tells how each of them signs):`,
    '',
    ...Object.entries(world.sources).flatMap(rowsOf),
    '',
    `${pc.bold('A first try')}, to paste into another terminal:`,
    '',
    firstTry(world),
    `${pc.bold('What comes in')} (Ctrl-C stops):`,
    '\n',
  ].join('\n');
