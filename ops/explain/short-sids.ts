const minSidLength = 8;

/** Shortens SIDs for people, all to the same length, as far as they stay apart. */
export const shortenSids = (sids: readonly string[]): ((sid: string) => string) => {
  const count = new Set(sids).size;
  let length = minSidLength;
  while (new Set(sids.map((sid) => sid.slice(0, length))).size < count) length += 1;
  return (sid) => (sid.length > length ? `${sid.slice(0, length)}…` : sid);
};
