import pc from 'picocolors';
import { startLocalStack } from '../stack.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import type { LocalStackOptions } from '../stack-options.ts';
import {
  combineResults,
  createOutcomeCounter,
  type OutcomeCounter,
  print,
  type ScenarioResult,
} from './report.ts';
import { runSourceScenario } from './source-scenario.ts';
import { confirmAfterSeconds, runTransferScenario } from './transfer-scenario.ts';

/** The scenarios to run: the transfer of a call, the payloads of one source, or the payloads of all sources. */
export type DemoOptions = { kind: 'transfer' } | { kind: 'source'; name: string } | { kind: 'all' };

/** The options name a source that does not exist. */
export class UnknownSource extends Error {
  override readonly name = 'UnknownSource';
}

/** Finished Tasks must exist until a slow machine has checked them. */
const deleteAfterMs = 3_600_000;

const webhookTimeoutSeconds = 30;

const transferStack: LocalStackOptions = {
  windowMs: 200,
  environment: { sync: { CONFIRM_AFTER_SECONDS: confirmAfterSeconds.join(',') } },
};

/**
 * This stack gets webhooks only, one after another. So its single instance may use all of Twilio's three searches a
 * second.
 */
const sourceStack: LocalStackOptions = { windowMs: 50, maximumConcurrency: 1, taskEvents: 'off' };

/**
 * Runs scenarios on a local stack, and prints each step.
 * @returns the line to print at the end
 * @throws UnknownSource, and Error if the stack or a scenario fails before its end
 */
export async function runDemo(options: DemoOptions) {
  const counter = createOutcomeCounter();
  const stack = await startLocalStack({
    ...(options.kind === 'transfer' ? transferStack : sourceStack),
    emulatorSettings: { deleteAfterMs },
    webhookTimeoutSeconds,
    log: counter.readLine,
  });
  try {
    const { failures, twilioCalls } = await runScenarios(options, stack.description, counter);
    await counter
      .waitUntil('all messages are processed', () => counter.done() === counter.accepted())
      .catch((error: Error) => failures.push(error.message));
    for (const failure of failures) print(pc.red(`\nCheck failed: ${failure}`));
    const lost = counter.accepted() - counter.done();
    return {
      demo: failures.length === 0 && lost === 0 ? 'ok' : 'surprise',
      linked: counter.count('linked'),
      unchanged: counter.count('unchanged'),
      stale: counter.count('stale'),
      removed: counter.count('removed'),
      twilioCalls,
      lost,
    };
  } finally {
    await stack.close();
  }
}

async function runScenarios(
  options: DemoOptions,
  stack: LocalStackDescription,
  counter: OutcomeCounter,
): Promise<ScenarioResult> {
  if (options.kind === 'transfer') return runTransferScenario(stack, counter);
  const names = Object.keys(stack.sources);
  const selected =
    options.kind === 'source'
      ? names.filter((name) => name === options.name || stack.sources[name]?.kind === options.name)
      : names;
  if (selected.length === 0)
    throw new UnknownSource(`Unknown source. The sources are ${names.join(', ')}`);
  let result: ScenarioResult = { failures: [], twilioCalls: 0 };
  for (const name of selected)
    result = combineResults(result, await runSourceScenario(stack, name, counter));
  return result;
}
