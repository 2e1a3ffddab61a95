import { setCommand, setSecretCommand, shellQuote } from '../../infra/config/setting.ts';
import { type Section, type Setting, sections, sourcesDescription } from './settings.ts';
import { kindsOfSources, type SourceKindDocs, sharedSettings } from './source-settings.ts';

const preface = `# Configuration

This page has every setting of a stack: its purpose, the accepted values, and the default.
\`npm run ops -- init --stack $STACK\` asks for the settings that a stack needs.
[Pulumi.example.yaml](../Pulumi.example.yaml) has every setting with an example;
[Pulumi.example-minimal.yaml](../Pulumi.example-minimal.yaml) has the required ones.

## How to set a setting

The commands write \`Pulumi.$STACK.yaml\`:

\`\`\`sh
pulumi config set --stack $STACK --path limits.burst 100                  # a value
pulumi config set --stack $STACK --secret --path twilio.authToken         # a secret: the command asks for it
pulumi config set --stack $STACK --path 'keep[0]' logs                    # the first of a list
pulumi config set --stack $STACK --path tags.cost-center contact-center   # a tag
pulumi config set --stack $STACK --type string --path tags.team 42        # text that looks like a number
pulumi config rm --stack $STACK --path 'keep[0]'                          # remove a value
pulumi config set --stack $STACK aws:region eu-west-1                     # the region; without it, AWS_REGION
npm run ops -- doctor --stack $STACK --config                             # check all settings
\`\`\`

\`npm run up\` checks all settings before it creates anything. It reports every problem with the command that fixes it,
and settings that do not exist.

- **Secrets.** Never write a secret in plain text. If you did, create a new one at its origin and set that. Pulumi does not
  detect a plain secret beside an encrypted one: check that each secret in the file has \`secure:\`.
- **Lists.** To turn a single value into a list, remove it first.
- **Region.** If \`aws:region\` is set, your own key and certificate must be in that region.
`;

/** `docs/configuration.md`: every setting of a stack, from the schemas that read them. */
export function writeConfiguration(): string {
  const all = sections();
  return [
    '<!-- Written by docs/writers/configuration.ts: npm run docs -->',
    '',
    preface,
    '## sources',
    '',
    sourcesDescription(),
    '',
    'All kinds have these settings:',
    '',
    ...table(sharedSettings()),
    '',
    'The commands below create a source of each kind. Each title links to the setup in the CRM. A Twilio SID is that of a Task, call or conversation.',
    '',
    ...kindsOfSources().flatMap(kindText),
    ...all.flatMap(sectionText),
    'Next: [deploy](deploy.md), [which conversation](which-conversation.md)',
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
  return cells.join(' | ').trimEnd();
}

/** @param section its name, if it is optional */
function table(settings: readonly Setting[], section?: string): readonly string[] {
  return [
    row('setting', 'description', 'accepted values', 'default'),
    '---|---|---|---',
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

function shell(commands: readonly string[]): readonly string[] {
  const ofStack = commands.map((command) =>
    command.replace('pulumi config set', '$& --stack $STACK'),
  );
  return ['```sh', ...ofStack, '```', ''];
}

function sectionText({ name, description, optional, settings }: Section): readonly string[] {
  const isWhole = settings.every(({ path }) => path.length === 1);
  return [
    `## ${name}`,
    '',
    ...(isWhole ? [] : [description, '']),
    ...table(settings, optional ? name : undefined),
    '',
  ];
}

function kindText({ kind, name, title, ticketUrl, note, isSigned, ownSettings }: SourceKindDocs) {
  const examples = ownSettings.flatMap(({ path, example }) =>
    example === undefined ? [] : [[path.at(-1) ?? '', example]],
  );
  const values = { kind, ticketUrl, ...Object.fromEntries(examples) };
  return [
    `### [${title}](sources/${kind}.md)`,
    '',
    ...(note === undefined ? [] : [note, '']),
    ...(ownSettings.length > 0 ? [...table(ownSettings), ''] : []),
    ...shell([
      ...Object.entries(values).map(([key, value]) =>
        setCommand(['sources', name, key], shellQuote(String(value))),
      ),
      ...(isSigned ? [setSecretCommand(['sources', name, 'signingSecrets', 0])] : []),
    ]),
  ];
}
