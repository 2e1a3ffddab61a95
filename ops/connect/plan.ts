/** Steps in the order they are to be taken, and what a person should know besides. */
export interface ConnectPlan<Step> {
  readonly steps: readonly Step[];
  readonly notes: readonly string[];
}
