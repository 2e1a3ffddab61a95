import * as z from 'zod';
import { configPath, type SettingPath } from '../../infra/config/setting.ts';
import { sourceKinds } from '../../shared/crm/config.ts';
import type { Source } from '../../shared/crm/source.ts';
import { jsonText } from '../../shared/json.ts';
import {
  type PulumiConfig,
  parsePulumiConfig,
  project,
  regionSetting,
} from '../deployment/pulumi-config.ts';
import { regionProblem } from '../doctor/aws-account.ts';

/** The settings of a stack by section, and the region. */
export type Settings = Readonly<Record<string, unknown>>;

/** What is wrong with a setting, by the schemas of the configuration. */
export function problemAt(
  settings: Settings,
  path: SettingPath,
  stack: string,
): string | undefined {
  if (path[0] === regionSetting) return regionProblem(String(settings[regionSetting]));
  const about = configPath(path);
  const parsed = parsePulumiConfig(pulumiConfigOf(settings), stack);
  if (parsed.config !== undefined) return undefined;
  // The problem of a secret may be that of its list.
  return parsed.problems.find((each) => each.path.startsWith(about) || about === `${each.path}[0]`)
    ?.message;
}

/** Whether a source names no place of a SID or of a ticket id, although its kind has settings for both. */
export function lacksConversation(settings: Settings, source: string): boolean {
  const { kind, ...given } = Object(valueAt(settings, ['sources', source]));
  const sidSetting = sidSettingOf(sourceKinds.get(kind));
  return sidSetting !== undefined && !('taskAttribute' in given) && !(sidSetting in given);
}

/** The setting of a kind that names the field with a Twilio SID, if it has one. */
export function sidSettingOf(kind: Source | undefined): string | undefined {
  return Object.keys(kind?.settings ?? {}).find((key) => key.startsWith('sid'));
}

/** The settings in the configuration of a stack, with secrets in plain text. */
export function settingsOf(config: PulumiConfig): Settings {
  const ours = `${project}:`;
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, { value }]) => {
      if (key === regionSetting) return [[key, value]];
      if (!key.startsWith(ours)) return [];
      return [[key.slice(ours.length), jsonText(z.unknown()).safeParse(value).data ?? value]];
    }),
  );
}

/** Settings as Pulumi gives them, each section as if it were encrypted. `init` checks at its end which are. */
function pulumiConfigOf(settings: Settings): PulumiConfig {
  return Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name === regionSetting ? name : `${project}:${name}`,
      { value: typeof value === 'string' ? value : JSON.stringify(value), secret: true },
    ]),
  );
}

export function valueAt(settings: Settings, path: SettingPath): unknown {
  return path.reduce<unknown>((value, key) => Object(value)[key], settings);
}

/** A copy of settings with one value changed. A number in the path is the index of a list. */
export function withValue(settings: Settings, path: SettingPath, value: string): Settings {
  const copy = structuredClone(settings);
  path.reduce<Record<PropertyKey, unknown>>(
    (held, key, index) => {
      const next = path[index + 1];
      held[key] = next === undefined ? value : (held[key] ?? (typeof next === 'number' ? [] : {}));
      return Object(held[key]);
    },
    copy as Record<PropertyKey, unknown>,
  );
  return copy;
}
