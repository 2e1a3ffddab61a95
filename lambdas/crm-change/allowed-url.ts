/**
 * The URL in a text (relative to `base`, where there is one), if it is one of ours to link to or to ask:
 * https on the default port of one of the hosts, without user name and password.
 */
export const allowedUrl = (text: string, hosts: readonly string[], base?: URL): URL | undefined => {
  const url = URL.parse(text, base?.href);
  return url?.protocol === 'https:' &&
    url.port === '' &&
    url.username === '' &&
    url.password === '' &&
    hosts.includes(url.hostname)
    ? url
    : undefined;
};
