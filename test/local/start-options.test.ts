import { describe, expect, it } from 'vitest';
import { parseStartOptions } from '../../local/start.ts';

describe('the options of npm start', () => {
  it.each<[string[], string | undefined, object]>([
    [[], undefined, {}],
    [['--json'], '8080', { json: true, port: 8080 }],
    [['--open', '--console-host', '::'], undefined, { open: true, consoleHost: '::' }],
    [[], '', {}],
    [[], '0', { port: 0 }],
    [[], '65535', { port: 65_535 }],
    [
      ['--secret', 'zendesk=a=b==', '--secret=generic=', '--json'],
      undefined,
      { json: true, secrets: { zendesk: 'a=b==', generic: '' } },
    ],
  ])('%j with PORT=%s differ from the defaults in %j', (args, PORT, changes) => {
    const defaults = { json: false, open: false, consoleHost: '127.0.0.1', port: undefined };
    const expected = { kind: 'start', ...defaults, secrets: {}, ...changes };
    expect(parseStartOptions(args, { PORT })).toEqual(expected);
  });

  it.each([['--help'], ['-h'], ['--json', '--help']])('show the help for %j', (...args) => {
    expect(parseStartOptions(args, { PORT: 'x' })).toEqual({ kind: 'help' });
  });

  it.each([
    ...[['--secret'], ['--secret', 'zendesk'], ['--secret', '=x'], ['--secret=Zen desk=x']].map(
      (args) => ({ args, problem: '--secret must be <source>=<secret>' }),
    ),
    ...[['--jsom'], ['-j'], ['json'], ['--no-json'], ['--', 'x'], ['--jsom', '--help']].map(
      (args) => ({ args, problem: `${args[0]}: unknown option` }),
    ),
    ...[['--console-host'], ['--console-host', 'me']].map((args) => ({
      args,
      problem: '--console-host must be an IP address',
    })),
    { args: ['--json=no'], problem: '--json=no: this option does not take a value' },
    ...['65536', '-1', '80a', '8 0', '0x50', '1e3', '80.0'].map((PORT) => ({
      args: [],
      PORT,
      problem: `PORT=${PORT}: must be an integer from 0 to 65535`,
    })),
  ])('are refused for $args: $problem', ({ args, problem, ...environment }) => {
    expect(parseStartOptions(args, environment)).toEqual({ kind: 'usage-error', problem });
  });
});
