import { type SourceConfig, type Sources, sourceKinds } from './source-config.ts';
import type { Source } from './sources/source.ts';

/** One configured source, ready for events. */
export interface ConfiguredSource<Kind extends Source = Source> {
  readonly name: string;
  readonly config: SourceConfig;
  readonly source: Kind;
}

/** All configured sources, by name, each with what is particular to its kind. */
export const configureSources = (sources: Sources): ReadonlyMap<string, ConfiguredSource> =>
  new Map(
    Object.entries(sources).map(([name, config]) => {
      const source = sourceKinds.get(config.kind);
      if (source === undefined) throw new Error(`There is no kind of source ${config.kind}`);
      return [name, { name, config, source }];
    }),
  );
