import type { Colors } from '../context.ts';
import { escapeUnprintable } from '../printable.ts';
import type { EventCallback } from './callback-step.ts';
import type { ConnectStep } from './via.ts';

const callbackText = ({ url, events }: EventCallback): string =>
  url === ''
    ? 'none'
    : escapeUnprintable(`${url} for ${events.length > 0 ? events.join(', ') : 'all events'}`);

const stepDetail = (step: ConnectStep): string => {
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
};

/** One step of a plan, in lines for people: `+` is created, `~` changed, `-` deleted, `=` as it is. */
export const printStep = (step: ConnectStep, { green, yellow, red, dim }: Colors): string => {
  const symbols = { create: green('+'), change: yellow('~'), delete: red('-'), keep: dim('=') };
  return `  ${symbols[step.action]} ${step.resource.replace('-', ' ').padEnd(12)}  ${stepDetail(step)}`;
};
