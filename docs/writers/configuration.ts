import { setCommand, setSecretCommand, shellQuote } from '../../infra/config/setting.ts';
import { type Section, type Setting, sections, sourcesDescription } from './settings.ts';
import { kindsOfSources, type SourceKindDocs, sharedSettings } from './source-settings.ts';

const preface = `# Configuration

Every setting of a stack: what it is for, what it takes, what it is where you say nothing, and the command that sets it.
The commands write \`Pulumi.<stack>.yaml\`; [Pulumi.example.yaml](../Pulumi.example.yaml) is such a file with everything in it.
From an empty account to the first link: [deploy.md](deploy.md).

What is wrong is told before anything is made: all mistakes at once, each with its path, what is wanted in words, and the
command that sets it right. A setting that is not on this page is a mistake as well. To see without deploying:
\`npm run ops -- doctor --stack <stack> --config\`.

- **Secrets** are asked for and encrypted. One that stands in plain text is refused, and is to be taken for known: have another
  one made where it comes from, and store that. Pulumi tells the program of \`sources\` and of \`twilio\` as a whole whether they
  hold anything encrypted. So one in plain text _beside_ encrypted ones is not seen: in the file, each has to have \`secure:\` before it.
- **Lists** are set by element, \`…[0]\` being the first; \`pulumi config rm --path\` takes one out. What is a single value cannot
  become a list in place: take it out first.
- **Text that looks like a number**, or like true or false, needs \`--type string\`. Ids of digits are taken either way.
- **The stack's name** becomes part of every resource's name: letters, digits, \`-\` and \`_\`, 20 characters at most.
- **The region** is Pulumi's own setting, \`pulumi config set aws:region eu-west-1\`, or comes from \`AWS_REGION\`. Where it is set,
  a key and a certificate of yours are looked at for being there.
`;

/** `docs/configuration.md`: every setting of a stack, from the schemas that read them. */
export function writeConfiguration(): string {
  const all = sections();
  const names = ['sources', ...all.map(({ name }) => name)];
  return [
    '<!-- Written by docs/writers/configuration.ts: npm run docs -->',
    '',
    preface,
    `Sections: ${names.map((name) => `[${name}](#${name})`).join(' · ')}`,
    '',
    '## sources',
    '',
    sourcesDescription(),
    '',
    'All kinds share these:',
    '',
    ...sharedText(),
    'And each has its own. The commands make a source from nothing:',
    '',
    ...kindsOfSources().flatMap(kindText),
    ...all.flatMap(sectionText),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}

/** Text within a table: Markdown would take `<region>` for HTML. */
function escapeCell(text: string): string {
  return text.replaceAll('<', '\\<');
}

function codeList(value: unknown): string {
  return [value]
    .flat()
    .map((each) => code(String(each)))
    .join(' and ');
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function defaultOf({ default: given, required, secret }: Setting, section?: string): string {
  const condition = section === undefined ? '' : ` where there is a ${code(section)}`;
  if (required) return `**required**${condition}${secret ? ', encrypted' : ''}`;
  return given === undefined || isEmpty(given) ? '' : codeList(given);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** @param section where it may be left out */
function table(settings: readonly Setting[], section?: string): readonly string[] {
  return [
    row('setting', 'what it is for', 'what it takes', 'default'),
    row('---', '---', '---', '---'),
    ...settings.map((setting) =>
      row(
        code(setting.path.join('.')),
        setting.description,
        escapeCell(setting.value),
        defaultOf(setting, section),
      ),
    ),
  ];
}

/** The commands that set a value: one for each element of a list, and for each key. */
function commandsFor(path: readonly PropertyKey[], value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) =>
        commandsFor([...path, Array.isArray(value) ? Number(key) : key], each),
      )
    : [setCommand(path, shellQuote(String(value)))];
}

function secretCommand(path: readonly PropertyKey[]): string {
  return `${setSecretCommand(path)} # asks for it`;
}

function commandsOf({ path, secret, insteadOf, example, default: given }: Setting) {
  return secret
    ? [secretCommand(path)]
    : commandsFor(path, example ?? given).map((command) =>
        insteadOf === undefined ? command : `${command} # instead of ${insteadOf}`,
      );
}

function shell(commands: readonly string[]): readonly string[] {
  return ['```sh', ...commands, '```', ''];
}

function sectionText({ name, description, optional, settings }: Section): readonly string[] {
  const isWhole = settings.every(({ path }) => path.length === 1);
  return [
    `## ${name}`,
    '',
    ...(isWhole ? [] : [description, '']),
    ...table(settings, optional ? name : undefined),
    '',
    ...shell(settings.flatMap(commandsOf)),
  ];
}

function signingSecret(name: string): string {
  return secretCommand(['sources', name, 'signingSecrets', 0]);
}

function sourceCommands(name: string, settings: readonly Setting[]): readonly string[] {
  return settings.flatMap((setting) =>
    commandsOf({ ...setting, path: setting.path.with(1, name) }),
  );
}

function kindText({ kind, name, title, ticketUrl, note, isSigned, ownSettings }: SourceKindDocs) {
  return [
    `### ${title}`,
    '',
    `${code(`kind: ${kind}`)}: [its page](sources/${kind}.md) says how it is set up.${note === undefined ? '' : ` ${note}`}`,
    '',
    ...(ownSettings.length > 0 ? [...table(ownSettings), ''] : []),
    ...shell([
      ...commandsFor(['sources', name], { kind, ticketUrl }),
      ...sourceCommands(name, ownSettings),
      ...(isSigned ? [signingSecret(name)] : []),
    ]),
  ];
}

function sharedText(): readonly string[] {
  const shared = sharedSettings();
  return [
    ...table(shared),
    '',
    ...shell([
      ...sourceCommands(
        'zendesk',
        shared.filter(({ secret }) => !secret),
      ),
      signingSecret('zendesk'),
    ]),
  ];
}
