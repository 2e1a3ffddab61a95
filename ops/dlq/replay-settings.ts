import type { FilterOptions } from './filter-options.ts';

/** What an operator says of a replay. */
export interface ReplaySettings extends FilterOptions {
  /** How many a second at the most. */
  readonly rate: number;
  readonly limit?: number;
  /** How long to follow the messages, in milliseconds; or as long as is usual. */
  readonly wait?: number | true;
  /** The folder of the audit files, where it is not the usual one. */
  readonly audit?: string;
  readonly json?: true;
}
