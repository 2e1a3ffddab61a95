/** How long the function has; the sync keeps a third of it for requests under way. */
export const contextOf = (totalMs = 30_000) => {
  const end = Date.now() + totalMs;
  return { getRemainingTimeInMillis: () => Math.max(0, end - Date.now()) };
};
