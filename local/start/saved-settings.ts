import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod';
import { jsonText } from '../../shared/json.ts';
import { listen } from '../listen.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import type { StackPorts } from '../stack-options.ts';
import type { StartOptions } from './options.ts';
import { writePrivateFile } from './state-file.ts';

const fileName = '.local-stack-settings.json';

const port = z.int().min(1).max(65_535).optional();

/** What stays the same from one start to the next: ports, the Twilio account and signing secrets. */
const SavedSettings = z.object({
  ports: z.object({
    webhooks: port,
    taskrouter: port,
    sqs: port,
    eventBridge: port,
    logs: port,
    secretsManager: port,
    lambda: port,
  }),
  account: z.object({
    accountSid: z.string(),
    apiKey: z.string(),
    apiSecret: z.string(),
    workspaceSid: z.string(),
    authToken: z.string(),
  }),
  secrets: z.record(z.string(), z.string()),
});

type SavedSettings = z.infer<typeof SavedSettings>;

/** The settings of the last start; undefined if there are none that this version can read. */
export async function readSavedSettings(root: string): Promise<SavedSettings | undefined> {
  const text = await readFile(join(root, fileName), 'utf8').catch(() => '');
  return jsonText(SavedSettings).safeParse(text).data;
}

/** Saves what this start chose. PORT and `--secret` are for one start only. */
export function saveSettings(
  root: string,
  stack: LocalStackDescription,
  { port, secrets }: StartOptions,
  earlier: SavedSettings | undefined,
): void {
  const { accountSid, apiKey, apiSecret, workspaceSid, authToken } = stack;
  const chosenSecrets = Object.entries(stack.sources).flatMap(([name, source]) =>
    source.transport === 'http' && !Object.hasOwn(secrets, name) ? [[name, source.secret]] : [],
  );
  const settings: SavedSettings = {
    ports: {
      webhooks: port === undefined ? portOf(stack.webhooks) : earlier?.ports.webhooks,
      taskrouter: portOf(stack.taskrouter),
      sqs: portOf(stack.sqs),
      eventBridge: portOf(stack.eventBridge),
      logs: portOf(stack.logs),
      secretsManager: portOf(stack.secretsManager),
      lambda: portOf(stack.lambda),
    },
    account: { accountSid, apiKey, apiSecret, workspaceSid, authToken },
    secrets: { ...earlier?.secrets, ...Object.fromEntries(chosenSecrets) },
  };
  writePrivateFile(join(root, fileName), `${JSON.stringify(settings, undefined, 2)}\n`);
}

/** The ports that no other process uses now. */
export async function freePorts(ports: StackPorts): Promise<StackPorts> {
  const entries = await Promise.all(
    Object.entries(ports).map(async ([name, number]) =>
      (await isFree(number)) ? [[name, number]] : [],
    ),
  );
  return Object.fromEntries(entries.flat());
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

async function isFree(number: number): Promise<boolean> {
  try {
    const { close } = await listen(createServer(), number);
    await close();
    return true;
  } catch {
    return false;
  }
}
