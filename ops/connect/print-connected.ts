import type { Colors } from '../context.ts';
import { printable } from '../printable.ts';
import type { Connected } from './connect.ts';
import { printStep } from './print-step.ts';

const ways = { 'event-streams': 'Event Streams', callback: "The Workspace's event callback" };

const outcomes = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'This is the plan; nothing was changed. Add --yes to do it.',
  changed: 'Done.',
};

/** What connect planned or did, in lines for people. */
export const printConnected = (connected: Connected, colors: Colors): string => {
  const { deployment, via, url, outcome, steps, notes } = connected;
  return [
    `${colors.bold(ways[via])}, ${deployment}: ${url}`,
    '',
    ...steps.map((step) => printStep(step, colors)),
    ...notes.map((note) => `  ${colors.yellow('!')} ${printable(note)}`),
    ...(steps.length + notes.length > 0 ? [''] : []),
    outcomes[outcome],
    '',
  ].join('\n');
};
