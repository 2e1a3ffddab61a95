import { setCommand, setSecretCommand, shellQuote } from '../../infra/config/setting.ts';
import { type Section, type Setting, sections, sourcesDescription } from './settings.ts';
import { kindsOfSources, type SourceKindDocs, sharedSettings } from './source-settings.ts';

const preface = `# Configuration

Every setting of a stack: its purpose, the accepted values, the default, and the command that sets it.
The commands write \`Pulumi.<stack>.yaml\`: add \`--stack <stack>\`, or they change the stack that is selected.
\`npm run ops -- init --stack <stack>\` asks for the settings that a stack needs.
[Pulumi.example-minimal.yaml](../Pulumi.example-minimal.yaml) has these, and [Pulumi.example.yaml](../Pulumi.example.yaml) has every setting.
[deploy.md](deploy.md) leads from an empty account to the first link.

All problems are reported before anything is created: each with its path, the accepted values, and the command that fixes
it. A setting that is not on this page is an error too. To check the configuration without deploying:
\`npm run ops -- doctor --stack <stack> --config\`.

- **Secrets.** The command asks for the secret and encrypts it. A secret in plain text is rejected. Treat it as leaked:
  create a new one at its origin, and store that. Pulumi shows the program only whether \`sources\` or \`twilio\` hold an
  encrypted value somewhere. So a secret in plain text _beside_ an encrypted one is not detected: check that each one in the
  file has \`secure:\`.
- **Lists.** Set them by element; \`…[0]\` is the first. \`pulumi config rm --path\` removes an element. To turn a single value
  into a list, remove it first.
- **Text that looks like a number or a boolean** needs \`--type string\`. Ids of digits work either way.
- **The name of the stack** becomes part of the name of every resource: letters, digits, \`-\` and \`_\`, 20 characters at most.
- **The region** is a setting of Pulumi, \`pulumi config set aws:region eu-west-1\`, or comes from \`AWS_REGION\`. If
  \`aws:region\` is set, your own key and certificate must be in that region.
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
    'All kinds have these settings:',
    '',
    ...sharedText(),
    'Each kind has settings of its own. The commands create a source:',
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

/** Text in a table: Markdown would read `<region>` as HTML. */
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
  const condition = section === undefined ? '' : ` if ${code(section)} is set`;
  if (required) return `**required**${condition}${secret ? ', encrypted' : ''}`;
  if (secret) return 'encrypted';
  return given === undefined || isEmpty(given) ? '' : codeList(given);
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** @param section its name, if it is optional */
function table(settings: readonly Setting[], section?: string): readonly string[] {
  return [
    row('setting', 'description', 'accepted values', 'default'),
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
  return `${setSecretCommand(path)} # asks for the value`;
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
    `${code(`kind: ${kind}`)}: see [its page](sources/${kind}.md) for the setup.${note === undefined ? '' : ` ${note}`}`,
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
