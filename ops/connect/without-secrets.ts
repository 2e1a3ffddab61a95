/** A URL without what may let somebody in: user name and password, query and fragment. */
export const redactUrl = (text: string): string => {
  if (!URL.canParse(text)) return text === '' ? '' : 'what is no URL';
  const { origin, pathname, username, search, hash } = new URL(text);
  const user = username === '' ? '' : 'with a user name, ';
  const rest = search + hash === '' ? '' : '?…';
  return `${user}${origin}${pathname}${rest}`;
};
