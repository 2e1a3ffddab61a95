import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export const root = join(import.meta.dirname, '..');

/** A Markdown page of the project, as far as it can be wrong. */
export interface Page {
  /** Its path from the root. */
  readonly file: string;
  /** The targets of its links that lead to files of the project: a path from the root, and an anchor. */
  readonly links: readonly { readonly path: string; readonly anchor: string | undefined }[];
  /** What a link can lead to in it. */
  readonly anchors: ReadonlySet<string>;
  /** Texts between backticks. */
  readonly codes: readonly string[];
  /** The lines of its shell blocks, continued lines joined. */
  readonly commands: readonly string[];
  /** Its blocks of YAML. */
  readonly yaml: readonly string[];
}

/** Every page that a reader may open. */
export function pages(): readonly Page[] {
  return globSync(['*.md', '{docs,examples,flex-plugin,fixtures}/**/*.md'], {
    cwd: root,
    exclude: ['**/node_modules/**'],
  })
    .map(normalize)
    .sort()
    .map(parsePage);
}

function parsePage(file: string): Page {
  const text = readFileSync(join(root, file), 'utf8');
  const all: Token[] = [];
  walkTokens(lexer(text), (token) => void all.push(token));
  const slugger = new GithubSlugger();
  const headings = all.filter(isType<Tokens.Heading>('heading'));
  const blocks = all.filter(isType<Tokens.Code>('code'));
  const inLanguage = (...languages: readonly string[]) =>
    blocks.flatMap(({ lang = '', text: code }) => (languages.includes(lang) ? [code] : []));
  return {
    file,
    links: [
      ...all.filter(isType<Tokens.Link>('link')),
      ...all.filter(isType<Tokens.Image>('image')),
    ].flatMap(({ href }) => targetOf(file, href)),
    anchors: new Set([
      ...headings.map(({ tokens }) => slugger.slug(plain(tokens))),
      ...[...text.matchAll(/<a (?:id|name)="([^"]+)"/g)].map(([, id = '']) => id),
    ]),
    codes: all.filter(isType<Tokens.Codespan>('codespan')).map((token) => token.text),
    commands: inLanguage('sh', 'bash').flatMap((code) =>
      code
        .replaceAll(/\\\n\s*/g, ' ')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.trim().startsWith('#')),
    ),
    yaml: inLanguage('yaml'),
  };
}

function isType<Kind extends Tokens.Generic>(type: Kind['type']) {
  return (token: Token): token is Kind => token.type === type;
}

function plain(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens !== undefined
        ? plain(token.tokens)
        : 'text' in token
          ? token.text
          : '',
    )
    .join('');
}

function targetOf(file: string, href: string): Page['links'] {
  if (/^[a-z]+:/.test(href)) return [];
  const [path = '', anchor] = decodeURI(href).split('#');
  return [{ path: path === '' ? file : normalize(join(dirname(file), path)), anchor }];
}

/** A script of npm that a text names. */
export interface NpmCall {
  readonly script: string;
  /** The words before its first option: the command, for `ops`. */
  readonly path: readonly string[];
  readonly options: readonly string[];
}

export function npmCalls(text: string): readonly NpmCall[] {
  const call =
    /\bnpm (?:run )?(?:--silent )?([a-z][\w:]*)(?: --silent)?(?: -- ((?:'[^']*'|<[\w-]+>|[^|&;>#)])*))?/g;
  return [...text.matchAll(call)].map(([, script = '', args = '']) => {
    const words = args.split(/\s+/).filter((word) => word !== '');
    const end = words.findIndex((word) => !/^[a-z]+$/.test(word));
    return {
      script,
      path: script === 'ops' ? words.slice(0, end === -1 ? undefined : end) : [],
      options: words.flatMap((word) => /^--[\w-]+/.exec(word) ?? []),
    };
  });
}
