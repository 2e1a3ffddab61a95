import type pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

/** What a command has to do with: the only edge to the terminal and the machine. */
export interface Context {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Folder of the project: where Pulumi and the embedded world keep their files. */
  readonly root: string;
  /** Writes to stdout, as it is. */
  readonly out: (text: string) => void;
  /** Writes to stderr, as it is. */
  readonly err: (text: string) => void;
  /** For stdout. */
  readonly colors: Colors;
}
