/** How bad it is: `unknown` where it could not be told, whatever stood in the way. */
export type State = 'ok' | 'warning' | 'bad' | 'unknown';

/** What was found, and, wherever not all is well, what to do about it. */
export type Verdict =
  | { readonly state: 'ok'; readonly finding: string }
  | {
      readonly state: Exclude<State, 'ok'>;
      readonly finding: string;
      readonly next: string;
    };

/** A verdict on one thing, e.g. on `update a Task`. Holds no secret, and nothing of a ticket. */
export type Told = { readonly about: string } & Verdict;

/** One line of what the doctor says. */
export type Finding = { readonly check: string } & Told;

export const ok = (finding: string): Verdict => ({ state: 'ok', finding });
export const warning = (finding: string, next: string): Verdict => ({
  state: 'warning',
  finding,
  next,
});
export const bad = (finding: string, next: string): Verdict => ({ state: 'bad', finding, next });
export const unknown = (finding: string, next: string): Verdict => ({
  state: 'unknown',
  finding,
  next,
});
