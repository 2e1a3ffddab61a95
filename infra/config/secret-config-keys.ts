import * as z from 'zod';
import { jsonText } from '../../shared/runtime/json-text.ts';

const Keys = jsonText(z.array(z.string()));

/**
 * The keys of the configuration that hold something encrypted, as Pulumi tells a program: in full, e.g.
 * `crm-media-sync:twilio`. A key that holds several settings is told as a whole.
 * Source: https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/config.ts
 */
export const secretConfigKeys = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ReadonlySet<string> => new Set(Keys.parse(environment['PULUMI_CONFIG_SECRET_KEYS'] ?? '[]'));
