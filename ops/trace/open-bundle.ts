import { SourceMap, type SourceMapPayload } from 'node:module';
import { bundle, bundleFile } from '../../infra/bundle/bundle.ts';
import type { BundleHashes } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import type { Frame } from './frame.ts';
import { entryOf, type FunctionName, keyOf } from './function-name.ts';

/** What a deployment says of its bundles. */
export interface DeployedBundles {
  /** For people, e.g. `stack prod`. */
  readonly name: string;
  readonly hashes: BundleHashes;
}

/** Where in the sources a place in a bundle comes from. */
export type ToSource = (frame: Frame) => Frame;

/** Pulumi keeps the commit with each update. */
const next =
  'Check out the commit that was deployed, run npm ci there, and try again. pulumi stack history --json tells it: git.head.';

/** Whether a frame is of a bundle, wherever that lies: in Lambda it is `file:///var/task/handler.mjs`. */
export const isBundled = ({ file }: Frame): boolean => file.split('/').at(-1) === bundleFile;

/**
 * Builds a function's bundle once more, as `pulumi up` does, to look up places in it.
 * @param deployed unset: what is deployed is trusted to be this bundle
 * @throws Failure when what is deployed is another one; the function, when it has no such place
 */
export const openBundle = (name: FunctionName, deployed?: DeployedBundles): ToSource => {
  const { code, hash, map } = bundle(entryOf(name));
  if (deployed !== undefined && deployed.hashes[keyOf(name)] !== hash) {
    throw new Failure(`The ${name} of ${deployed.name} was built from other sources.`, next);
  }
  const lines = code.split('\n');
  const payload: SourceMapPayload = JSON.parse(map);
  const sourceMap = new SourceMap(payload);
  return (frame) => {
    const { line, column } = frame;
    const origin = sourceMap.findEntry(line - 1, column - 1);
    if (column > (lines[line - 1]?.length ?? 0) || !('originalSource' in origin)) {
      const place = `${bundleFile}:${line}:${column}`;
      throw new Failure(`There is no ${place} in the ${name} that is built here.`, next);
    }
    return {
      ...frame,
      file: origin.originalSource,
      line: origin.originalLine + 1,
      column: origin.originalColumn + 1,
    };
  };
};
