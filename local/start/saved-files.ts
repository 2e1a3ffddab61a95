import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import * as z from 'zod';
import { stateFileName } from '../../ops/deployment/local-stack.ts';
import { jsonText } from '../../shared/json.ts';
import { listen } from '../listen.ts';
import type { LocalStackDescription } from '../stack-description.ts';
import type { StackPorts } from '../stack-options.ts';

const fileName = '.local-stack-settings.json';

const port = z.int().min(1).max(65_535).optional();

/** The values that stay the same at the next start: ports, the Twilio account and signing secrets. */
const SavedSettings = z.object({
  ports: z.object({
    webhooks: port,
    taskrouter: port,
    sqs: port,
    eventBridge: port,
    logs: port,
    secretsManager: port,
    lambda: port,
    console: port,
    crmPages: port,
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

/** The settings of the last start. Undefined if there are none, or this version cannot read them. */
export async function readSavedSettings(root: string): Promise<SavedSettings | undefined> {
  const text = await readFile(join(root, fileName), 'utf8').catch(() => '');
  return jsonText(SavedSettings).safeParse(text).data;
}

/** Saves the settings of this start for the next one. PORT and `--secret` are not saved. */
export function saveSettings(
  root: string,
  stack: LocalStackDescription,
  { port, secrets }: { port: number | undefined; secrets: Readonly<Record<string, string>> },
  consolePorts: Pick<StackPorts, 'console' | 'crmPages'>,
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
      ...consolePorts,
    },
    account: { accountSid, apiKey, apiSecret, workspaceSid, authToken },
    secrets: { ...earlier?.secrets, ...Object.fromEntries(chosenSecrets) },
  };
  writePrivateFile(join(root, fileName), `${JSON.stringify(settings, undefined, 2)}\n`);
}

/** The given ports, without those that another process uses. */
export async function freePorts(ports: StackPorts): Promise<StackPorts> {
  const entries = await Promise.all(
    Object.entries(ports).map(async ([name, number]) =>
      (await isFree(number)) ? [[name, number]] : [],
    ),
  );
  return Object.fromEntries(entries.flat());
}

export function portOf(url: string): number {
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

/**
 * The state file: the stack's description and the id of this process. Other commands find a running stack by it.
 */
export function createStateFile(root: string) {
  const file = join(root, stateFileName);
  let written: string | undefined;
  return {
    write: (stack: LocalStackDescription): void => {
      written = `${JSON.stringify({ pid: process.pid, ...stack }, undefined, 2)}\n`;
      writePrivateFile(file, written);
    },
    /** Removes the file, unless another stack has replaced it. */
    remove: (): void => {
      try {
        if (written !== undefined && readFileSync(file, 'utf8') === written) rmSync(file);
      } catch {
        // It is gone already.
      }
    },
  };
}

/**
 * Writes a file that contains secrets. Only its owner can read it. An old file is removed first, so that the write
 * does not follow a symbolic link in its place.
 */
function writePrivateFile(file: string, text: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}
