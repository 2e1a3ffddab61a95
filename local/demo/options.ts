import { parseArgs } from 'node:util';

/** What the command was asked for. */
type DemoCommand =
  | { readonly kind: 'transfer' }
  | { readonly kind: 'source'; readonly name: string }
  | { readonly kind: 'all' }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** Reads the command line. */
export function parseDemoOptions(args: readonly string[]): DemoCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        source: { type: 'string' },
        all: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) return { kind: 'help' };
    if (values.all && values.source !== undefined) {
      return { kind: 'wrong', problem: '--all and --source: give one of them' };
    }
    if (values.source !== undefined) return { kind: 'source', name: values.source };
    return values.all ? { kind: 'all' } : { kind: 'transfer' };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

export const demoHelp = `Usage: npm run demo [-- --source <name> | --all]

Tells a story in the embedded world, and checks each turn of it: real signed webhooks, the Lambda
functions as they are deployed, an SQS server, and a twin of Twilio's TaskRouter. It ends with one
line of JSON, and with exit code 1 where anything is not as it should be.

  (nothing)        a call with a transfer, a chat, a plugin that writes meanwhile, a busy TaskRouter
  --source <name>  the payloads of one CRM, shaped and signed as it does: a change, the same again,
                   an older one that arrives late, a removal. npm start -- --json lists the names
  --all            the same for every CRM there is
  --help           print this
`;
