import { restrictedValues } from '../../../fixtures/aws/restricted-values.ts';
import type { Recording, Registered } from '../../../tools/engine/record-resources.ts';
import { logicalNames } from './logical-names.ts';
import { queues } from './resources.ts';
import { type Rule, rule, unless } from './rule.ts';
import { configured, partOf } from './stack-settings.ts';

const ofAws = ({ resources }: Recording): readonly Registered[] =>
  resources.filter(({ type }) => type.startsWith('aws:'));

const isOf = (types: string, { type }: Registered): boolean =>
  types.split(' ').includes(type.split(':').at(-1) ?? '');

/** Whether a resource is to stay when the stack is destroyed. */
const isKept = (resource: Registered, recording: Recording): boolean => {
  const { keep } = configured(recording);
  const deadLetters = queues(recording).filter(({ inputs }) => inputs.redrivePolicy === undefined);
  const isOfDeadLetters = deadLetters.some(({ known }) =>
    [resource.state['url'], resource.inputs['queueUrl']].includes(known.url),
  );
  return (
    (keep.includes('logs') && isOf('LogGroup', resource)) ||
    (keep.includes('deadLetters') && isOf('Queue QueuePolicy', resource) && isOfDeadLetters) ||
    // Not its alias, which the next stack of the name wants. Nothing that is kept needs the key of alarms.
    (keep.length > 0 &&
      isOf('Key', resource) &&
      !partOf(recording, resource.name).startsWith('alarms-key'))
  );
};

const holdsDataOrIsKnown = 'Queue Key Secret LogGroup Topic Api EventBus';

/** Whose deletion, after the new one is made, takes from a queue, topic or function what both set. */
const setsOfAnother = 'QueuePolicy TopicPolicy RedriveAllowPolicy FunctionRecursionConfig';

export const everyResource: readonly Rule[] = [
  rule('AWS accepts every value', ofAws, (resource) => {
    const schema = restrictedValues[resource.type];
    if (schema === undefined)
      return [`${resource.type} has no entry in fixtures/aws/restricted-values.ts`];
    const issues = schema.safeParse(resource).error?.issues ?? [];
    return issues.map(({ path, message }) => `${resource.name} ${path.join('.')}: ${message}`);
  }),

  rule(
    'Every taggable resource has the tags application and stack, and the configured tags',
    (recording) => ofAws(recording).filter(({ takesTags }) => takesTags),
    ({ name, inputs }, recording) => {
      const { project, stack } = recording.stack;
      const wanted = { application: project, stack, ...configured(recording).tags };
      const tags = Object(inputs['tags']);
      return Object.entries(wanted)
        .filter(([key, value]) => tags[key] !== value)
        .map(([key, value]) => `${name} has no tag ${key}=${value}`);
    },
  ),

  rule(
    'pulumi destroy keeps the configured resources, and no others',
    ofAws,
    (resource, recording) =>
      unless(
        resource.retainOnDelete === isKept(resource, recording),
        `${resource.name} ${resource.retainOnDelete ? 'stays' : 'goes'}`,
      ),
  ),

  rule(
    'Resources that hold data, are known to others or configure another resource keep their logical names',
    (recording) =>
      ofAws(recording).filter((resource) =>
        isOf(`${holdsDataOrIsKnown} ${setsOfAnother}`, resource),
      ),
    ({ lineage, name }, recording) =>
      unless(
        logicalNames.includes(`${lineage} ${partOf(recording, name)}`),
        `${lineage} ${partOf(recording, name)} is new or was renamed: Pulumi would delete what had the old name. Give it \`aliases\` (see CONTRIBUTING.md), then write its new name into logical-names.ts`,
      ),
  ),
];
