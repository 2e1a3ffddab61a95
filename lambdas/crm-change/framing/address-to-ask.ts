/**
 * The address in a text (relative to `base`, where there is one), if it may be asked: https on the
 * default port of one of the hosts, without user name and password.
 */
export const addressToAsk = (
  text: string,
  allowedHosts: readonly string[],
  base?: URL,
): URL | undefined => {
  const address = URL.parse(text, base?.href);
  return address?.protocol === 'https:' &&
    address.port === '' &&
    address.username === '' &&
    address.password === '' &&
    allowedHosts.includes(address.hostname)
    ? address
    : undefined;
};
