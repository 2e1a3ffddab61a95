import { describe, expect, it } from 'vitest';
import { parseStartOptions } from '../../local/start/options.ts';

describe('the options of npm start', () => {
  it('have defaults', () => {
    expect(parseStartOptions([], {})).toEqual({
      kind: 'start',
      json: false,
      port: undefined,
      secrets: {},
    });
  });

  it('take --json and PORT', () => {
    expect(parseStartOptions(['--json'], { PORT: '8080' })).toEqual({
      kind: 'start',
      json: true,
      port: 8080,
      secrets: {},
    });
    expect(parseStartOptions([], { PORT: '' })).toMatchObject({ port: undefined });
    expect(parseStartOptions([], { PORT: '0' })).toMatchObject({ port: 0 });
    expect(parseStartOptions([], { PORT: '65535' })).toMatchObject({ port: 65_535 });
  });

  it('take secrets by the name of the source, with any characters', () => {
    const args = ['--secret', 'zendesk=a=b==', '--secret=generic=', '--json'];
    expect(parseStartOptions(args, {})).toMatchObject({
      kind: 'start',
      json: true,
      secrets: { zendesk: 'a=b==', generic: '' },
    });
  });

  it.each([['--secret'], ['--secret', 'zendesk'], ['--secret', '=x'], ['--secret=Zen desk=x']])(
    'reject %j with the form of the option, without the secret',
    (...args) => {
      expect(parseStartOptions(args, {})).toEqual({
        kind: 'usage-error',
        problem: '--secret must be <source>=<secret>',
      });
    },
  );

  it.each([['--help'], ['-h'], ['--json', '--help']])('show the help for %j', (...args) => {
    expect(parseStartOptions(args, { PORT: 'x' })).toEqual({ kind: 'help' });
  });

  it.each([['--jsom'], ['-j'], ['json'], ['--no-json'], ['--', 'x'], ['--jsom', '--help']])(
    'name the unknown option in %j',
    (...args) => {
      expect(parseStartOptions(args, {})).toEqual({
        kind: 'usage-error',
        problem: `${args[0]}: unknown option`,
      });
    },
  );

  it('reject a value for an option that takes none', () => {
    expect(parseStartOptions(['--json=no'], {})).toEqual({
      kind: 'usage-error',
      problem: '--json=no: this option does not take a value',
    });
  });

  it.each(['65536', '-1', '80a', '8 0', '0x50', '1e3', '80.0'])('reject PORT=%s', (PORT) => {
    expect(parseStartOptions([], { PORT })).toEqual({
      kind: 'usage-error',
      problem: `PORT=${PORT}: must be an integer from 0 to 65535`,
    });
  });
});
