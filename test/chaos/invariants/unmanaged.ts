import { canonical, isObject, type Json, type JsonObject } from '../../../shared/json.ts';
import { effectiveMedia, mediaLists, parseAttributes } from '../../../shared/media/attributes.ts';
import { ledgerAttribute, withoutFingerprint } from '../../../shared/media/ledger.ts';
import { rewrite } from '../../../shared/media/rewrite.ts';
import type { TaskCase, Violation } from './task-state.ts';
import { isLinkToAny, listsByPlace, type TaskState } from './task-state.ts';

/**
 * What others put onto a Task and is not there, or not as they left it: other attributes, and what each
 * segment shows and each list holds beside our links. Told without the code that writes them.
 */
export function checkUnmanaged(
  { unmanagedAttributes, changes, reservations }: TaskCase,
  { attributes, lists, ledger }: TaskState,
): readonly Violation[] {
  const isManaged = isLinkToAny(new Set(changes.flatMap(({ link }) => link?.url ?? [])));
  const unmanagedItems = (list: readonly Json[]) => list.filter((item) => !isManaged(item));
  const taskList = (all: ReadonlyMap<string, readonly Json[]>) => all.get('conversations') ?? [];
  const [before, now] = [mediaLists(unmanagedAttributes), mediaLists(attributes)];
  return [
    ...compare(
      'what is no media',
      otherAttributes(unmanagedAttributes),
      otherAttributes(attributes),
    ),
    ...reservations.flatMap(({ sid }) =>
      compare(sid, effectiveMedia(before, sid), unmanagedItems(effectiveMedia(now, sid))),
    ),
    ...(ledger.isTaskListOurs
      ? []
      : compare(
          'the list of the Task',
          taskList(listsByPlace(unmanagedAttributes)),
          unmanagedItems(taskList(lists)),
        )),
  ].slice(0, 1);
}

/**
 * Whether a Task is what one rewrite makes of the state that others left and of all changes: for that
 * the rewrite is proven by itself, in `test/media`.
 */
export function checkConverged({
  attributes,
  reservations,
  unmanagedAttributes,
  changes,
}: TaskCase): readonly Violation[] {
  const text = JSON.stringify(unmanagedAttributes);
  const { attributes: expectedText = text, budget } = rewrite(text, reservations, changes);
  const isOverBudget = budget.atTaskLevel || budget.titlesDropped || budget.evicted.length > 0;
  // Its bytes may depend on the order of arrival; the other promises hold there too.
  if (isOverBudget) return [];
  try {
    const expected = canonicalWithoutFingerprint(parseAttributes(expectedText));
    const actual = canonicalWithoutFingerprint(parseAttributes(attributes));
    if (expected === actual) return [];
    return [{ invariant: 'notConverged', description: `should be ${expected}; is ${actual}` }];
  } catch (error) {
    return [{ invariant: 'notConverged', description: `cannot be read: ${error}` }];
  }
}

/** All that is neither a media list nor our ledger; what is left empty by that is left out. */
function otherAttributes(attributes: JsonObject): JsonObject {
  const {
    [ledgerAttribute]: _,
    reservation_attributes: blocks,
    conversations,
    ...rest
  } = attributes;
  const withoutMedia = (holder: Json | undefined): JsonObject => {
    if (!isObject(holder)) return {};
    const { media: _, ...others } = holder;
    return others;
  };
  return {
    ...rest,
    conversations: withoutMedia(conversations),
    blocks: Object.fromEntries(
      Object.entries(isObject(blocks) ? blocks : {})
        .map(([sid, block]) => [sid, withoutMedia(block)] as const)
        .filter(([, block]) => Object.keys(block).length > 0),
    ),
  };
}

function compare(where: string, expected: Json, actual: Json): Violation[] {
  const [wanted, found] = [canonical(expected), canonical(actual)];
  if (wanted === found) return [];
  return [
    {
      invariant: 'foreignLost',
      description: `${where} should be ${wanted}, less ours; is ${found}`,
    },
  ];
}

/** The seal tells what else the attributes held when we last wrote: that may be any earlier state. */
function canonicalWithoutFingerprint(attributes: JsonObject): string {
  return canonical(withoutFingerprint(attributes));
}
