import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { leastSquares } from '../../bench/frame/bench.ts';
import { readSample, type Sample, slopesOf, warmUpSeconds } from '../../bench/soak/samples.ts';

/** 120 samples, some seconds apart; heap and sockets grow as given, in their units per hour. */
const samplesOf = (heapPerHour: number, socketsPerHour: number, every = 5, noise = 1): Sample[] =>
  Array.from({ length: 120 }, (_, index) => ({
    pid: 7,
    at: every * index,
    heapMb: 20 + noise * (index % 2) + (heapPerHour * every * index) / 3600,
    rssMb: 90,
    sockets: 3 + Math.round((socketsPerHour * every * index) / 3600),
    files: 30,
    timers: 2,
  }));

const steepOf = (samples: readonly Sample[]) =>
  slopesOf('sync 7', samples, 200).flatMap(({ measure, isFlat }) => (isFlat ? [] : [measure]));

describe('npm run soak', () => {
  it('has the slope of a line and its standard error', () => {
    expect(leastSquares([1, 2, 3, 4].map((x) => [x, 5 + 2 * x]))).toEqual({ slope: 2, error: 0 });
    const { slope, error } = leastSquares([0, 2, 1, 3].map((y, x) => [x, y]));
    expect([slope, error]).toEqual([expect.closeTo(0.8), expect.closeTo(Math.sqrt(0.18))]);
  });

  it('finds what grows by more than its bound, and nothing else', () => {
    expect(steepOf(samplesOf(60, 90))).toEqual(['heapMb', 'sockets']);
    // Within its bound per hour, in ten hours; with much noise; by little in ten minutes.
    expect(steepOf(samplesOf(7, 3, 300))).toEqual([]);
    expect(steepOf(samplesOf(60, 0, 5, 20))).toEqual([]);
    expect(steepOf(samplesOf(30, 0))).toEqual([]);
    expect(steepOf(samplesOf(-60, -90))).toEqual([]);
    expect(slopesOf('sync 7', samplesOf(60, 90), 590)).toEqual([]);
    expect([warmUpSeconds(300), warmUpSeconds(36_000)]).toEqual([100, 600]);
  });

  it('reads the samples in a log, and nothing else', () => {
    const line = '{"message":"soak sample","pid":7,"heapMb":20}';
    expect(readSample(line, 5)).toEqual({ message: 'soak sample', pid: 7, heapMb: 20, at: 5 });
    expect(readSample('{"message":"outcome"}', 5)).toBeUndefined();
  });

  it('rejects a wrong option with exit code 2', async () => {
    const program = join(import.meta.dirname, '../../bench/soak.ts');
    const run = promisify(execFile)(process.execPath, [program, '--minutes', '1']);
    await expect(run).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining('--help') });
  });
});
