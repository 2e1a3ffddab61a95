import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import GithubSlugger from 'github-slugger';
import { lexer, type Token, type Tokens, walkTokens } from 'marked';

export const root = join(import.meta.dirname, '..');

/** The parts of a Markdown page that tests check. */
export interface Page {
  /** The path from the root of the project. */
  readonly file: string;
  /** The links to files of the project: the file's path from the root, and an anchor. */
  readonly links: readonly { readonly path: string; readonly anchor: string | undefined }[];
  /** The anchors that a link to this page can have. */
  readonly anchors: ReadonlySet<string>;
  /** The texts between backticks. Commands are as in `commands`. */
  readonly codes: readonly string[];
  /** The lines of its shell blocks. Continued lines are joined, and commands of its function `ops` are in full. */
  readonly commands: readonly string[];
  /** The blocks of YAML. */
  readonly yaml: readonly string[];
}

/** All Markdown pages of the project. */
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
  const lines = inLanguage('sh', 'bash').flatMap((code) =>
    code
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.trim().startsWith('#')),
  );
  const complete = lines.includes(opsFunction) ? withoutOpsFunction : (text: string) => text;
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
    codes: all.filter(isType<Tokens.Codespan>('codespan')).map(({ text: code }) => complete(code)),
    commands: lines.filter((line) => line !== opsFunction).map(complete),
    yaml: inLanguage('yaml'),
  };
}

/** A shell function that a page may define, so that no command of it is without the stack. */
const opsFunction = 'ops() { npm run --silent ops -- "$@" --stack $STACK; }';

/** A command in full: `ops doctor` → `npm run --silent ops -- doctor --stack $STACK`. */
function withoutOpsFunction(text: string): string {
  return text.replace(/^ops ([^|&;>#]*)/, 'npm run --silent ops -- $1 --stack $STACK ');
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

/** An npm script that a text names. */
export interface NpmCall {
  readonly script: string;
  /** The words between the script's name and its first option. For `ops` they name the command. */
  readonly path: readonly string[];
  readonly options: readonly string[];
}

/** The npm scripts that a text calls, with the command and the options of each. */
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
