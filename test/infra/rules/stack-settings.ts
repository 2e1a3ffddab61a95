import { parseStackConfig, type StackConfig } from '../../../infra/config/stack-config.ts';
import type { Recording } from '../../../tools/engine/record-resources.ts';
import { keys } from './resources.ts';
import { memoizePerRecording } from './rule.ts';

/** What the stack was configured to be. */
export const configured = memoizePerRecording<StackConfig>(
  ({ stack: { project, config, stack } }) =>
    parseStackConfig(project, config, new Set(Object.keys(config)), stack),
);

/** What the names of all that a stack makes begin with. */
export const prefixOf = ({ stack }: Recording): string => `${stack.project}-${stack.stack}-`;

/** A resource's name without what those of its stack have in common. */
export const partOf = (recording: Recording, name: string): string =>
  name.startsWith(prefixOf(recording)) ? name.slice(prefixOf(recording).length) : name;

const madeKey = (recording: Recording, part: string): string | undefined =>
  keys(recording).find(({ name }) => partOf(recording, name) === part)?.known.arn;

/** The key that the stack makes, or the one that it was given. */
export const keyArnOf = (recording: Recording): string | undefined =>
  configured(recording).key.arn ?? madeKey(recording, 'key');

/** The same of the key of alarms. */
export const alarmKeyArnOf = (recording: Recording): string | undefined =>
  configured(recording).key.alarmsArn ?? madeKey(recording, 'alarms-key');

/** The CRMs that sign what they send, by name. */
export const signingSources = (recording: Recording): readonly string[] =>
  Object.entries(configured(recording).sources)
    .filter(([, { signingSecrets }]) => signingSecrets.length > 0)
    .map(([name]) => name);
