import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../text.ts';
import type { ConnectResult } from './connect.ts';
import type { ConnectStep, EventCallback } from './plan.ts';

const methodTitles = {
  'event-streams': 'Event Streams',
  callback: "The Workspace's event callback",
};

const outcomeTexts = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'This is the plan; nothing was changed. Add --yes to do it.',
  changed: 'Done.',
};

/** What connect planned or did, in lines for people. */
export function printConnectResult(result: ConnectResult, colors: Colors): string {
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
}

function callbackText({ url, events }: EventCallback): string {
  return url === ''
    ? 'none'
    : escapeUnprintable(`${url} for ${events.length > 0 ? events.join(', ') : 'all events'}`);
}

function stepDetail(step: ConnectStep): string {
  if (step.resource === 'event-callback') {
    const { action, workspace, from, to } = step;
    const now = `Workspace ${workspace}\n      ${callbackText(from)}`;
    return action === 'keep' ? now : `${now}\n   -> ${callbackText(to)}`;
  }
  if (step.resource === 'event-type')
    return `${escapeUnprintable(step.type.type)} (schema ${step.type.schemaVersion})`;
  if (step.action === 'delete') return `${step.sid} (${step.reason})`;
  if (step.action === 'keep') {
    return step.resource === 'sink'
      ? step.sid
      : `${step.sid}, ${step.types} event types as they are`;
  }
  if (step.resource === 'sink') {
    return step.action === 'create'
      ? `webhook to ${step.destination}`
      : `${step.sid}, described as "${step.description}"`;
  }
  return [
    'on it:',
    ...step.types.map(({ type, schemaVersion }) => `${type} (schema ${schemaVersion})`),
  ].join('\n      ');
}

/** One step of a plan, in lines for people: `+` is created, `~` changed, `-` deleted, `=` as it is. */
function printStep(step: ConnectStep, { green, yellow, red, dim }: Colors): string {
  const symbols = { create: green('+'), change: yellow('~'), delete: red('-'), keep: dim('=') };
  return `  ${symbols[step.action]} ${step.resource.replace('-', ' ').padEnd(12)}  ${stepDetail(step)}`;
}
