import { Writable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startProgress } from '../../ops/context.ts';

/** A stderr that is no terminal. */
const pipe = new Writable();

describe('progress without a terminal', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  it('is a line every five seconds, with rate and remaining time', () => {
    const lines: string[] = [];
    const progress = startProgress(pipe, (text) => lines.push(text), {
      label: 'Replaying',
      total: 100,
    });
    progress.update(1);
    vi.advanceTimersByTime(5000);
    progress.update(50, '3 skipped');
    progress.update(51);
    vi.advanceTimersByTime(5000);
    progress.update(100);
    progress.end();
    expect(lines).toEqual([
      'Replaying 50 of 100  10/s  5 s left  3 skipped\n',
      'Replaying 100 of 100  10/s\n',
    ]);
  });
});
