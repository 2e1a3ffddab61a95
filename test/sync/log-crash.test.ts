import { describe, expect, it } from 'vitest';
import { logCrash } from '../../shared/sync/options.ts';
import { NotFound } from '../../shared/taskrouter/errors.ts';

const logged = (error: unknown): Record<string, unknown>[] => {
  const lines: Record<string, unknown>[] = [];
  const line = (message: string, fields: Record<string, unknown>) => {
    lines.push({ message, ...fields });
  };
  logCrash({ info: line, warn: line, error: line }, error, { taskSid: 'WT1' });
  return lines;
};

const secretLine = '    at Jean Doe (555-0100:1:1)';

describe('the log line of an unexpected error', () => {
  it('has its name and its stack frames', () => {
    expect(logged(new TypeError('Jean Doe'))).toEqual([
      {
        message: 'unexpected error',
        taskSid: 'WT1',
        error: 'TypeError',
        at: expect.arrayContaining([expect.stringMatching(/^at .*log-crash\.test\.ts/)]),
      },
    ]);
  });

  it.each([
    ['a line like a stack frame', new Error(`the first line\n${secretLine}\nthe last line`)],
    ['such a line at its end', new Error(`the first line\n${secretLine}`)],
    ['such a line and nothing else', new Error(`\n${secretLine}`)],
  ])('has no part of a message with %s', (_, error) => {
    const [line] = logged(error);
    expect(JSON.stringify(line)).not.toContain('Jean Doe');
    expect(line?.['at']).toEqual(
      expect.arrayContaining([expect.stringContaining('log-crash.test.ts')]),
    );
  });

  it('has no frames if the message was changed after the stack was read', () => {
    const error = new Error(secretLine);
    expect(error.stack).toContain('Jean');
    error.message = 'another message';
    expect(logged(error)).toMatchObject([{ error: 'Error', at: [] }]);
  });

  it('has the type of what was thrown if that is no Error', () => {
    expect(logged('Jean Doe')).toEqual([
      { message: 'unexpected error', taskSid: 'WT1', error: 'string' },
    ]);
  });

  it('is not written for an error of TaskRouter', () => {
    expect(logged(new NotFound('gone', { status: 404 }))).toEqual([]);
  });
});
