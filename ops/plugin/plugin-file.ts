import type { Deployment } from '../deployment/deployment.ts';
import { dnsFailure, Failure, unresolvedHost } from '../failure.ts';

/** The built file of the plugin, as a URL serves it. */
interface PluginFile {
  url: string;
  version: string;
}

const timeoutMs = 20_000;

const hosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Reads the file of the plugin, and the version in it. A file must not be released if the browsers of agents cannot
 * load it.
 * @throws Failure if the URL is not https, or does not serve the plugin as JavaScript
 */
export async function readPluginFile(
  text: string,
  { taskRouterUrl }: Pick<Deployment, 'taskRouterUrl'>,
): Promise<PluginFile> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isLocal = taskRouterUrl.startsWith('http:') && hosts.includes(url?.hostname ?? '');
  if (url === undefined || (url.protocol !== 'https:' && !(isLocal && url.protocol === 'http:'))) {
    throw new Failure(
      '--url must be an https URL.',
      'Host the file where agents can load it by https.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new Failure(
      '--url must hold no user name and no password: every agent gets this URL.',
      'Host the file where no login is needed.',
    );
  }
  const hint = 'Host flex-plugin/dist/crm-media-sync-<version>.js there (npm run plugin:build).';
  const { status, type, body } = await get(url).catch((error: unknown) => {
    const host = unresolvedHost(error);
    if (host !== undefined) throw dnsFailure([host], error);
    const problem = `--url: ${url.host} did not answer within ${timeoutMs / 1000} s, or not in HTTP.`;
    throw new Failure(problem, hint, { cause: error });
  });
  if (status !== 200) throw new Failure(`--url: ${url.host} answered ${status}.`, hint);
  if (!/^(text|application)\/(x-)?javascript\b/.test(type)) {
    throw new Failure(
      `--url: the content type is ${type}. Browsers may refuse to run it.`,
      'Serve the file with the content type text/javascript.',
    );
  }
  const [, version] = /^\/\*! crm-media-sync Flex plugin (\d[\w.+-]*) \*\//.exec(body) ?? [];
  if (version === undefined) {
    throw new Failure('--url: the file is not the built plugin.', hint);
  }
  return { url: url.href, version };
}

async function get(url: URL) {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  const type = response.headers.get('content-type') ?? 'none';
  return { status: response.status, type, body: await response.text() };
}
