import { breakerFailures, breakerOpenSeconds } from '../../../shared/config/breaker.ts';

/** What a breaker lets a call do. */
export type Admission =
  | { readonly admits: 'all' }
  /** This one call, to find out how things are. */
  | { readonly admits: 'probe' }
  /** Nothing, for so many milliseconds. */
  | { readonly admits: 'none'; readonly forMs: number }
  /** Nothing until the probe under way has come back. */
  | { readonly admits: 'after-probe' };

type State =
  | { readonly is: 'closed'; readonly failures: number }
  /** `pauses`: how many there have been in a row, this one included. */
  | { readonly is: 'open'; readonly timesOpened: number; readonly until: number }
  | { readonly is: 'probing'; readonly timesOpened: number };

export interface BreakerStateOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A number in [0, 1). */
  readonly random: () => number;
}

/**
 * Decides whether a service that fails is asked at all. After five failures in a row it is not, for a pause
 * that grows each time; then one call goes through, and what that comes to decides for all. A pause is
 * drawn between a half and the whole of its length, so that the instances of a function do not probe in
 * step. It keeps no timers: an instance that is frozen in between loses nothing.
 */
export const createBreakerState = ({ now, random }: BreakerStateOptions) => {
  let state: State = { is: 'closed', failures: 0 };

  const open = (timesOpened: number): { readonly openSeconds: number } => {
    const maxSeconds = breakerOpenSeconds[timesOpened - 1] ?? breakerOpenSeconds.at(-1) ?? 0;
    const pauseSeconds = maxSeconds * (0.5 + random() / 2);
    state = { is: 'open', timesOpened, until: now() + pauseSeconds * 1000 };
    return { openSeconds: pauseSeconds };
  };

  return {
    /** What the next call may do. Whoever is let through as a probe must tell how it went. */
    admit: (): Admission => {
      if (state.is === 'closed') return { admits: 'all' };
      if (state.is === 'probing') return { admits: 'after-probe' };
      const forMs = state.until - now();
      if (forMs > 0) return { admits: 'none', forMs };
      state = { is: 'probing', timesOpened: state.timesOpened };
      return { admits: 'probe' };
    },

    /** A call was answered: what failed before counts no more. @returns whether that ended a pause */
    recordSuccess: (): boolean => {
      const wasOpen = state.is !== 'closed';
      state = { is: 'closed', failures: 0 };
      return wasOpen;
    },

    /**
     * A call failed. Those that were under way when a pause began do not make it longer, and a probe that
     * another answer has overtaken is a call like any other.
     * @param isProbe whether it was let through as one
     * @returns the pause that begins with it, if any
     */
    recordFailure: (isProbe: boolean): { readonly openSeconds: number } | undefined => {
      if (isProbe && state.is === 'probing') return open(state.timesOpened + 1);
      if (state.is !== 'closed') return undefined;
      const failures = state.failures + 1;
      if (failures >= breakerFailures) return open(1);
      state = { is: 'closed', failures };
      return undefined;
    },
  };
};
