import { effectiveMedia } from '../../shared/media/effective-media.ts';
import { canonical, isObject, type Json, type JsonObject } from '../../shared/media/json.ts';
import { ledgerAttribute } from '../../shared/media/ledger.ts';
import type { Broken, Case } from './judge.ts';
import { isLinkToOne, listsOf, type Standing } from './standing.ts';

/** All that is neither a media list nor our ledger; what is left empty by that is left out. */
const otherAttributes = (attributes: JsonObject): JsonObject => {
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
};

const difference = (where: string, expected: Json, stands: Json): Broken[] => {
  const [wanted, found] = [canonical(expected), canonical(stands)];
  if (wanted === found) return [];
  return [{ promise: 'foreignLost', what: `${where} should be ${wanted}, less ours; is ${found}` }];
};

/**
 * What others put onto a Task and is not there, or not as they left it: other attributes, and what each
 * segment shows and each list holds beside our links. Told without the code that writes them.
 */
export const brokenForeign = (
  { untouched, changes, reservations }: Case,
  { attributes, lists, ledger }: Standing,
): readonly Broken[] => {
  const isOurs = isLinkToOne(new Set(changes.flatMap(({ link }) => link?.url ?? [])));
  const theirs = (list: readonly Json[]) => list.filter((item) => !isOurs(item));
  const taskList = (all: ReadonlyMap<string, readonly Json[]>) => all.get('conversations') ?? [];
  return [
    ...difference('what is no media', otherAttributes(untouched), otherAttributes(attributes)),
    ...reservations.flatMap(({ sid }) =>
      difference(sid, effectiveMedia(untouched, sid), theirs(effectiveMedia(attributes, sid))),
    ),
    ...(ledger.foldedOverDefaults
      ? []
      : difference('the list of the Task', taskList(listsOf(untouched)), theirs(taskList(lists)))),
  ].slice(0, 1);
};
