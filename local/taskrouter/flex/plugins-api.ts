import { Hono } from 'hono';
import * as z from 'zod';
import { jsonText } from '../../../shared/json.ts';
import { badRequest, notFound } from '../errors.ts';
import { authenticate, type EmulatorEnv } from '../http/middleware.ts';
import { pageMeta, paginate, parsePageQuery } from '../http/paging.ts';
import { parseParameters, readForm, sidSchema } from '../http/request.ts';
import { newSid } from '../sids.ts';
import type { EmulatorState } from '../state.ts';
import { toIsoSeconds } from '../tasks/task-json.ts';

const Text = z.string('must be there').min(1, 'must not be empty');

/** Source: https://www.twilio.com/docs/flex/developer/plugins/api/plugin */
const PluginForm = z.object({
  UniqueName: Text,
  FriendlyName: z.string().default(''),
  Description: z.string().default(''),
});

/** Source: https://www.twilio.com/docs/flex/developer/plugins/api/plugin-version */
const VersionForm = z.object({
  Version: Text,
  PluginUrl: z.url({ protocol: /^https?$/, error: 'must be a URL' }),
  Changelog: z.string().default(''),
});

/** Source: https://www.twilio.com/docs/flex/developer/plugins/api/plugin-configuration */
const ConfigurationForm = z.object({ Name: Text, Description: z.string().default('') });

const ConfiguredPlugins = z.array(
  jsonText(z.object({ plugin_version: sidSchema('FV'), phase: z.int().default(3) })),
);

/** Source: https://www.twilio.com/docs/flex/developer/plugins/api/release */
const ReleaseForm = z.object({ ConfigurationId: sidSchema('FJ') });

type Resource = Readonly<Record<string, unknown>> & { sid: string };

/**
 * Flex's Plugins API at flex-api.twilio.com: plugins, their versions, configurations and releases. The newest
 * release is the active one. Two things are guesses: that lists begin with the newest entry, and the error codes.
 * Source: the types of twilio-node 6.3.1
 */
export function pluginsApi(state: EmulatorState): Hono<EmulatorEnv> {
  const root = '/v1/PluginService';
  const lists = new Map<string, Resource[]>();
  const listOf = (path: string) => lists.get(path) ?? [];
  const find = (path: string, sid: string): Resource => {
    const list = listOf(path);
    const found = sid === 'Active' ? list[0] : list.find((each) => each.sid === sid);
    if (found === undefined) throw notFound(`${path}/${sid}`);
    return found;
  };
  const add = (path: string, prefix: string, fields: object): Resource => {
    const sid = newSid(prefix);
    const resource = {
      sid,
      account_sid: state.options.accountSid,
      ...fields,
      date_created: toIsoSeconds(state.now()),
      url: `${state.url}${path}/${sid}`,
    };
    lists.set(path, [resource, ...listOf(path)]);
    return resource;
  };
  const unique = (path: string, field: string, value: string) => {
    if (listOf(path).some((each) => each[field] === value)) throw badRequest(`${field} exists`);
  };
  const findVersion = (sid: string): Resource => {
    const versions = [...lists].flatMap(([path, list]) => (path.endsWith('/Versions') ? list : []));
    const version = versions.find((each) => each.sid === sid);
    if (version === undefined) throw badRequest(`there is no plugin version ${sid}`);
    return version;
  };

  const app = new Hono<EmulatorEnv>().use(`${root}/*`, authenticate(state));
  app.post(`${root}/Plugins`, async (c) => {
    const form = parseParameters(PluginForm, await readForm(c));
    unique(c.req.path, 'unique_name', form.UniqueName);
    const fields = {
      unique_name: form.UniqueName,
      friendly_name: form.FriendlyName,
      description: form.Description,
      archived: false,
    };
    return c.json(add(c.req.path, 'FP', fields), 201);
  });
  app.post(`${root}/Plugins/:Sid/Versions`, async (c) => {
    const form = parseParameters(VersionForm, await readForm(c));
    const { sid: plugin_sid } = find(`${root}/Plugins`, c.req.param('Sid'));
    unique(c.req.path, 'version', form.Version);
    const fields = {
      plugin_sid,
      version: form.Version,
      plugin_url: form.PluginUrl,
      changelog: form.Changelog,
      private: false,
      archived: false,
      validated: false,
    };
    return c.json(add(c.req.path, 'FV', fields), 201);
  });
  app.post(`${root}/Configurations`, async (c) => {
    const form = await readForm(c);
    const { Name, Description } = parseParameters(ConfigurationForm, form);
    const parsed = ConfiguredPlugins.safeParse(form.getAll('Plugins'));
    if (!parsed.success) throw badRequest('Plugins must be JSON objects with plugin_version');
    const configured = parsed.data.map(({ plugin_version, phase }) => {
      const {
        sid: plugin_version_sid,
        version,
        plugin_url,
        plugin_sid,
      } = findVersion(plugin_version);
      const { unique_name, friendly_name } = find(`${root}/Plugins`, String(plugin_sid));
      return {
        plugin_sid,
        plugin_version_sid,
        unique_name,
        friendly_name,
        version,
        plugin_url,
        phase,
      };
    });
    const fields = { name: Name, description: Description, archived: false };
    const made = add(c.req.path, 'FJ', fields);
    for (const fields of configured.toReversed()) {
      add(`${c.req.path}/${made.sid}/Plugins`, 'FP', { configuration_sid: made.sid, ...fields });
    }
    return c.json(made, 201);
  });
  app.post(`${root}/Releases`, async (c) => {
    const { ConfigurationId } = parseParameters(ReleaseForm, await readForm(c));
    const { sid: configuration_sid } = find(`${root}/Configurations`, ConfigurationId);
    return c.json(add(c.req.path, 'FK', { configuration_sid }), 201);
  });

  for (const path of [
    'Plugins',
    'Plugins/:Sid/Versions',
    'Configurations',
    'Configurations/:Sid/Plugins',
    'Releases',
  ]) {
    const key = path.split('/').at(-1)?.toLowerCase() ?? '';
    app.get(`${root}/${path}`, (c) => {
      const { searchParams } = new URL(c.req.url);
      const query = parsePageQuery(searchParams);
      const list = listOf(c.req.path);
      const page = paginate(list, (each) => [list.indexOf(each)], query);
      const name = key === 'versions' ? 'plugin_versions' : key;
      const meta = pageMeta(name, state.url + c.req.path, searchParams, query, page);
      return c.json({ [name]: page.items, meta });
    });
    app.get(`${root}/${path}/:ResourceSid`, (c) => {
      const { path: whole } = c.req;
      return c.json(find(whole.slice(0, whole.lastIndexOf('/')), c.req.param('ResourceSid') ?? ''));
    });
  }
  return app;
}
