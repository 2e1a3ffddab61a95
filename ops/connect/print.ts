import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../text.ts';
import type { ConnectResult } from './connect.ts';
import type { ConnectStep, EventCallback } from './plan.ts';

const methodTitles = {
  'event-streams': 'Event Streams',
  callback: 'Event callback of the Workspace',
};

const outcomeTexts = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'Dry run: nothing was changed. Add --yes to apply.',
  changed: 'Done.',
};

/** The result of connect as text. */
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
    return step.resource === 'sink' ? step.sid : `${step.sid}, ${step.types} event types unchanged`;
  }
  if (step.resource === 'sink') {
    return step.action === 'create'
      ? `webhook to ${step.destination}`
      : `${step.sid}, new description "${step.description}"`;
  }
  return [
    'with the event types',
    ...step.types.map(({ type, schemaVersion }) => `${type} (schema ${schemaVersion})`),
  ].join('\n      ');
}

/** One step of a plan as text: `+` created, `~` changed, `-` deleted, `=` unchanged. */
function printStep(step: ConnectStep, { green, yellow, red, dim }: Colors): string {
  const symbols = { create: green('+'), change: yellow('~'), delete: red('-'), keep: dim('=') };
  return `  ${symbols[step.action]} ${step.resource.replace('-', ' ').padEnd(12)}  ${stepDetail(step)}`;
}
