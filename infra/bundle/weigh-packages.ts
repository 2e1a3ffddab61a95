import type { Metafile } from 'esbuild';

/** The package a file of the bundle comes from; our own files are all of one. */
const packageOf = (file: string): string => {
  const [, packageName] = file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? [];
  return packageName ?? 'our own';
};

/** Bytes of a bundle by package, the heaviest first. Source: esbuild's account of the build. */
export const packageSizes = ({ outputs }: Metafile): [name: string, bytes: number][] => {
  const bytes = new Map<string, number>();
  for (const { inputs } of Object.values(outputs)) {
    for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
      const name = packageOf(file);
      bytes.set(name, (bytes.get(name) ?? 0) + bytesInOutput);
    }
  }
  return [...bytes].toSorted(([, a], [, b]) => b - a);
};
