import { parseArgs } from 'node:util';

/** Which scenarios to run: the transfer of a call, the payloads of one source, or of every source. */
export type DemoOptions = { kind: 'transfer' } | { kind: 'source'; name: string } | { kind: 'all' };

type DemoCommand = DemoOptions | { kind: 'help' } | { kind: 'usage-error'; problem: string };

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
      return { kind: 'usage-error', problem: 'Use either --all or --source, not both' };
    }
    if (values.source !== undefined) return { kind: 'source', name: values.source };
    return values.all ? { kind: 'all' } : { kind: 'transfer' };
  } catch (error) {
    return { kind: 'usage-error', problem: error instanceof Error ? error.message : String(error) };
  }
}

export const demoHelp = `Usage: npm run demo [-- --source <name> | --all]

Runs a scenario on the local stack and checks each step: signed webhooks, the Lambda functions as
deployed, an SQS server and an emulator of Twilio's TaskRouter. It prints one line of JSON at the end.
Exit code 1 if a check fails.

  (nothing)        a call with a transfer, a chat, a plugin that writes at the same time, a busy TaskRouter
  --source <name>  the payloads of one CRM, signed as that CRM signs: a change, the same change again,
                   an older change that arrives late, a removal. npm start -- --json lists the names
  --all            the same for every CRM
  --help           print this
`;
