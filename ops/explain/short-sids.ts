const shortest = 8;

/** Shortens SIDs for people, all to the same length, as far as they stay apart. */
export const shortSids = (sids: readonly string[]): ((sid: string) => string) => {
  const count = new Set(sids).size;
  let length = shortest;
  while (new Set(sids.map((sid) => sid.slice(0, length))).size < count) length += 1;
  return (sid) => (sid.length > length ? `${sid.slice(0, length)}…` : sid);
};
