import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../printable.ts';
import type { ConnectResult } from './connect.ts';
import { printStep } from './print-step.ts';

const methodTitles = { 'event-streams': 'Event Streams', callback: "The Workspace's event callback" };

const outcomeTexts = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'This is the plan; nothing was changed. Add --yes to do it.',
  changed: 'Done.',
};

/** What connect planned or did, in lines for people. */
export const printConnectResult = (result: ConnectResult, colors: Colors): string => {
  const { deployment, via, url, outcome, steps, notes } = result;
  return [
    `${colors.bold(methodTitles[via])}, ${deployment}: ${url}`,
    '',
    ...steps.map((step) => printStep(step, colors)),
    ...notes.map((note) => `  ${colors.yellow('!')} ${escapeUnprintable(note)}`),
    ...(steps.length + notes.length > 0 ? [''] : []),
    outcomeTexts[outcome],
    '',
  ].join('\n');
};
