import { parseArgs } from 'node:util';

/** What the command was asked for. */
type StartCommand =
  | {
      readonly kind: 'start';
      readonly json: boolean;
      readonly port: number;
      /** Signing secrets, by the name of the source. */
      readonly secrets: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

const maxPort = 65_535;

/** Reads the command line and the variable PORT. No PORT, or 0, means any free port. */
export function parseStartOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): StartCommand {
  const options = {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
    secret: { type: 'string', multiple: true },
  } as const;
  const { tokens, values } = parseArgs({ args: [...args], options, strict: false, tokens: true });
  const unknown = tokens.find(
    (token) => token.kind !== 'option' || !Object.hasOwn(options, token.name),
  );
  if (unknown !== undefined) {
    return { kind: 'wrong', problem: `${args[unknown.index]}: there is no such option` };
  }
  const optionWithValue = tokens.find(
    (token) => token.kind === 'option' && token.name !== 'secret' && token.inlineValue,
  );
  if (optionWithValue !== undefined) {
    return { kind: 'wrong', problem: `${args[optionWithValue.index]}: this option takes no value` };
  }
  const isSet = (name: string) =>
    tokens.some((token) => token.kind === 'option' && token.name === name);
  if (isSet('help')) return { kind: 'help' };
  const port = parsePort(environment['PORT']);
  if (port === undefined) {
    return {
      kind: 'wrong',
      problem: `PORT=${environment['PORT']}: must be a whole number from 0 to ${maxPort}`,
    };
  }
  const secrets = parseSecrets([values.secret ?? []].flat().map(String));
  if (secrets === undefined) {
    return { kind: 'wrong', problem: '--secret: write it as <source>=<secret>' };
  }
  return { kind: 'start', json: isSet('json'), port, secrets };
}

export const startHelp = `Usage: npm start [-- [--json] [--secret <source>=<secret>]...]

Runs the whole pipeline on this machine with Node alone, nothing else to install and no account:
the three Lambda functions as they are deployed, SQS, EventBridge, and a twin of Twilio's TaskRouter.
Everything listens on 127.0.0.1 and is kept in memory only. It prints where everything is and a
first try to paste into another terminal, then what each webhook came to. Ctrl-C stops it.

  --json    print one line of JSON on stdout when all is ready, and everything else on stderr;
            with npm start --silent -- --json that line is all there is on stdout
  --secret  sign for a source with a secret of your own instead of a new one, e.g. to have a real
            CRM send through a tunnel (not HubSpot, Intercom and Salesforce: their account, and
            HubSpot's URL, are fixed here); once for each source. An empty one is refused, and so
            is one that stands in the CRM's documentation
  --help    print this

  PORT      the port webhooks go to, e.g. PORT=8080 npm start; any free one when not set
`;

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return 0;
  const port = Number(text);
  return /^\d{1,5}$/.test(text) && port <= maxPort ? port : undefined;
}

/** What stands before the first `=` is a source's name; base64 may hold more of them. */
function parseSecrets(texts: readonly string[]): Readonly<Record<string, string>> | undefined {
  const pairs = texts.map((text) => /^([a-z][a-z0-9-]*)=(.*)$/s.exec(text)?.slice(1));
  return pairs.every((pair) => pair !== undefined) ? Object.fromEntries(pairs) : undefined;
}
