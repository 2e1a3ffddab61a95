import type { TestProject } from 'vitest/node';
import { engineHint, findEngine } from '../../tools/engine/engine.ts';
import { startMoto } from '../../tools/moto/moto-server.ts';
import { findTerraformProvider, providerHint } from '../../tools/provider/find-provider.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Pulumi, the provider, and the URL of moto; null if one of them is missing. */
    readonly up: { readonly engine: string; readonly provider: string } | null;
  }
}

/** Finds or builds what the test needs, and starts moto. Says what is missing. */
export default async (project: TestProject): Promise<() => Promise<void>> => {
  const provider = findTerraformProvider();
  const moto = provider === undefined ? undefined : await startMoto();
  const engine = moto === undefined ? undefined : findEngine();
  const missing =
    (provider === undefined && `Terraform's AWS provider: ${providerHint}`) ||
    (moto === undefined && "moto_server: pipx install 'moto[server]==5.2.1'") ||
    (engine === undefined && `Pulumi: ${engineHint}`);
  if (missing) console.warn(`NOTHING WAS CHECKED, this is missing: ${missing}`);
  project.provide('moto', moto?.url ?? null);
  project.provide('up', engine && provider ? { engine, provider } : null);
  return async () => moto?.stop();
};
