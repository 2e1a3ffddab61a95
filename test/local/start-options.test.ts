import { describe, expect, it } from 'vitest';
import { parseStartOptions } from '../../local/start/options.ts';

describe('the options of npm start', () => {
  it('are none at all, by default', () => {
    expect(parseStartOptions([], {})).toEqual({
      kind: 'start',
      json: false,
      port: 0,
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
    expect(parseStartOptions([], { PORT: '' })).toMatchObject({ port: 0 });
    expect(parseStartOptions([], { PORT: '65535' })).toMatchObject({ port: 65_535 });
  });

  it('take secrets by the name of the source, with any character in them', () => {
    const args = ['--secret', 'zendesk=a=b==', '--secret=generic=', '--json'];
    expect(parseStartOptions(args, {})).toMatchObject({
      kind: 'start',
      json: true,
      secrets: { zendesk: 'a=b==', generic: '' },
    });
  });

  it.each([['--secret'], ['--secret', 'zendesk'], ['--secret', '=x'], ['--secret=Zen desk=x']])(
    'refuse %j, and tell how to write it, and not the secret',
    (...args) => {
      expect(parseStartOptions(args, {})).toEqual({
        kind: 'wrong',
        problem: '--secret: write it as <source>=<secret>',
      });
    },
  );

  it.each([['--help'], ['-h'], ['--json', '--help']])('explain themselves for %j', (...args) => {
    expect(parseStartOptions(args, { PORT: 'x' })).toEqual({ kind: 'help' });
  });

  it.each([['--jsom'], ['-j'], ['json'], ['--no-json'], ['--', 'x'], ['--jsom', '--help']])(
    'name what they do not know in %j',
    (...args) => {
      expect(parseStartOptions(args, {})).toEqual({
        kind: 'wrong',
        problem: `${args[0]}: there is no such option`,
      });
    },
  );

  it('refuse a value where there is none to give', () => {
    expect(parseStartOptions(['--json=no'], {})).toEqual({
      kind: 'wrong',
      problem: '--json=no: this option takes no value',
    });
  });

  it.each(['65536', '-1', '80a', '8 0', '0x50', '1e3', '80.0'])('refuse PORT=%s', (PORT) => {
    expect(parseStartOptions([], { PORT })).toEqual({
      kind: 'wrong',
      problem: `PORT=${PORT}: must be a whole number from 0 to 65535`,
    });
  });
});
