import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { repositoryRoot } from '../../infra/bundle/bundle.ts';

/** How to install Pulumi. */
export const engineHint =
  'install Go 1.26 (https://go.dev/dl), with which it is built once, or Pulumi itself (https://www.pulumi.com/docs/install)';

/**
 * Finds Pulumi. The order is: the binary that `PULUMI` names, one that was built before, the one on the PATH. If
 * there is none, it builds Pulumi from tools/engine/go.mod. The build takes minutes and 3 GB in Go's caches, once.
 * @returns the path of the binary. Undefined if there is none, and Go is missing
 */
export function findEngine(): string | undefined {
  const { PULUMI, PATH = '' } = process.env;
  if (PULUMI !== undefined) return PULUMI;
  const onPath = (name: string) =>
    PATH.split(delimiter)
      .map((folder) => join(folder, name))
      .find(existsSync);
  const built = join(repositoryRoot, '.engine/pulumi');
  if (existsSync(built)) return built;
  const found = onPath('pulumi');
  if (found !== undefined) return found;
  const go = onPath('go') ?? ['/usr/local/go/bin/go'].find(existsSync);
  if (go === undefined) return undefined;
  build(go, built);
  return built;
}

function build(go: string, binary: string): void {
  const folder = import.meta.dirname;
  const options = { cwd: folder, env: { ...process.env, CGO_ENABLED: '0' } };
  const sdk = 'github.com/pulumi/pulumi/sdk/v3';
  const version = execFileSync(go, ['list', '-m', '-f', '{{.Version}}', sdk], {
    ...options,
    encoding: 'utf8',
  }).trim();
  console.log(
    `Building Pulumi ${version} from its Go modules. This happens once and takes some minutes.`,
  );
  const begun = Date.now();
  const flags = `-s -w -X ${sdk}/go/common/version.Version=${version}`;
  const source = 'github.com/pulumi/pulumi/pkg/v3/cmd/pulumi';
  execFileSync(
    go,
    [
      'build',
      '-trimpath',
      '-tags',
      'osusergo,grpcnotrace',
      '-ldflags',
      flags,
      '-o',
      binary,
      source,
    ],
    { ...options, stdio: 'inherit' },
  );
  console.log(`Pulumi was built in ${Math.round((Date.now() - begun) / 1000)} s.`);
}
