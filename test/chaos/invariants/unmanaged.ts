import {
  isLinkToAny,
  listsByPlace,
  type TaskCase,
  type TaskState,
  type Violation,
} from '../../../local/invariants.ts';
import { canonical, isObject, type Json, type JsonObject } from '../../../shared/json.ts';
import { effectiveMedia, mediaLists, parseAttributes } from '../../../shared/media/attributes.ts';
import { ledgerAttribute, withoutFingerprint } from '../../../shared/media/ledger.ts';
import { rewrite } from '../../../shared/media/rewrite.ts';

/**
 * What others wrote to a Task and is missing or different: other attributes, and what each segment and each
 * list shows beside our links. Checked without the code that writes media.
 */
export function checkUnmanaged(
  { unmanagedAttributes, changes, left, reservations }: TaskCase,
  { attributes, lists, ledger }: TaskState,
): readonly Violation[] {
  const isManaged = isLinkToAny(
    new Set([...changes, ...left].flatMap(({ link }) => link?.url ?? [])),
  );
  const unmanagedItems = (list: readonly Json[]) => list.filter((item) => !isManaged(item));
  const taskList = (all: ReadonlyMap<string, readonly Json[]>) => all.get('conversations') ?? [];
  const [before, now] = [mediaLists(unmanagedAttributes), mediaLists(attributes)];
  return [
    ...compare(
      'other attributes',
      otherAttributes(unmanagedAttributes),
      otherAttributes(attributes),
    ),
    ...reservations.flatMap(({ sid }) =>
      compare(sid, effectiveMedia(before, sid), unmanagedItems(effectiveMedia(now, sid))),
    ),
    ...(ledger.isTaskListOurs
      ? []
      : compare(
          'the media list of the Task',
          taskList(listsByPlace(unmanagedAttributes)),
          unmanagedItems(taskList(lists)),
        )),
  ].slice(0, 1);
}

/**
 * Whether a Task is what one rewrite makes of what others wrote and of all changes. The rewrite itself is
 * proven in `test/media`.
 */
export function checkConverged({
  attributes,
  reservations,
  unmanagedAttributes,
  changes,
  left,
}: TaskCase): readonly Violation[] {
  const text = JSON.stringify(unmanagedAttributes);
  const named = changes
    .filter(({ named }) => named)
    .flatMap(({ ticket, link }) => (link ? { ticket, link } : []));
  const namedTickets = () => named;
  const { attributes: expectedText = text, budget } = rewrite(text, reservations, changes, {
    namedTickets,
  });
  const isOverBudget = budget.atTaskLevel || budget.titlesDropped || budget.evicted.length > 0;
  // Its bytes may depend on the order of arrival; the other invariants hold here too.
  if (isOverBudget) return [];
  try {
    // What the ledger keeps of tickets that it has left depends on when each message came.
    const isLedgerKnown = left.length === 0;
    const [expected, actual] = [expectedText, attributes].map((each) =>
      canonicalText(parseAttributes(each), isLedgerKnown),
    );
    if (expected === actual) return [];
    return [{ invariant: 'notConverged', description: `expected ${expected}, got ${actual}` }];
  } catch (error) {
    return [{ invariant: 'notConverged', description: `cannot be read: ${error}` }];
  }
}

/** The attributes without media lists and without our ledger; blocks that become empty are left out. */
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
      description: `${where} expected ${wanted} without our links, got ${found}`,
    },
  ];
}

/** The fingerprint is that of the attributes at our last write: that may be any earlier state. */
function canonicalText(attributes: JsonObject, withLedger: boolean): string {
  const { [ledgerAttribute]: _ledger, ...others } = attributes;
  return canonical(withLedger ? withoutFingerprint(attributes) : others);
}
