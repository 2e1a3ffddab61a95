import type { Deployment } from '../deployment/deployment.ts';
import { Failure } from '../failure.ts';
import { escapeUnprintable } from '../text.ts';
import { isNotFound, operatorClient, toTwilioFailure } from '../twilio.ts';
import { readPluginFile } from './plugin-file.ts';

/** One plugin of the account, before and after. */
export interface PluginLine {
  action: 'add' | 'change' | 'keep' | 'remove';
  plugin: string;
  /** Undefined: the plugin is not active. */
  before: string | undefined;
  after: string | undefined;
}

export interface PluginResult {
  deployment: string;
  outcome: 'nothing-to-do' | 'would-change' | 'changed';
  plugins: readonly PluginLine[];
  /** SIDs of the active configurations; undefined: there was none, or it is made with --yes. */
  before: string | undefined;
  after: string | undefined;
}

/** The name of the plugin at Twilio. */
const uniqueName = 'crm-media-sync';

/** The beginning of the description of a configuration that `plugin release` created. rollback reads it. */
const madeBy = 'Made by crm-media-sync. Before: ';

/**
 * Releases the plugin file at a URL, or only plans it. The result is the active configuration, with this plugin in
 * place of its last version. A release names a whole configuration, so the other plugins are copied.
 * Source: https://www.twilio.com/docs/flex/developer/plugins/api/release-update
 * @throws Failure; nothing was released then, unless its message says that this is not known
 */
export async function releasePlugin(
  deployment: Deployment,
  url: string,
  yes: boolean,
): Promise<PluginResult> {
  const file = await readPluginFile(url, deployment);
  const { v1 } = operatorClient(deployment).flexApi;
  const { active, plugin, version } = await reading(async () => {
    const plugins = await v1.plugins.list();
    const plugin = plugins.find((each) => each.uniqueName === uniqueName);
    const versions = plugin === undefined ? [] : await plugin.pluginVersions().list();
    const version = versions.find((each) => each.version === file.version);
    return { active: await readActive(v1), plugin, version };
  });
  if (version !== undefined && version.pluginUrl !== file.url) {
    throw new Failure(
      `Twilio has version ${file.version} of the plugin at another URL: ${escapeUnprintable(version.pluginUrl)}`,
      'Give that URL. If the file has changed, raise the version in flex-plugin/package.json, build and host it again.',
    );
  }
  const others = active.plugins.filter((each) => each.name !== uniqueName);
  const wanted = [...others, { name: uniqueName, version: file.version }];
  const isActive = active.plugins.some(({ sid }) => sid === version?.sid);
  const result = {
    deployment: deployment.name,
    plugins: compare(active.plugins, wanted),
    before: active.configuration,
  };
  if (isActive) return { ...result, outcome: 'nothing-to-do', after: active.configuration };
  if (!yes) return { ...result, outcome: 'would-change', after: undefined };

  const steps = new Steps();
  const { sid: pluginSid } =
    plugin ??
    (await steps.make('plugin', () =>
      v1.plugins.create({ uniqueName, friendlyName: 'CRM tickets (crm-media-sync)' }),
    ));
  const { sid } =
    version ??
    (await steps.make('plugin version', () =>
      v1
        .plugins(pluginSid)
        .pluginVersions.create({ versionParam: file.version, pluginUrl: file.url }),
    ));
  const configuration = await steps.make('configuration', () =>
    v1.pluginConfigurations.create({
      name: `${uniqueName} ${file.version}`,
      description: `${madeBy}${active.configuration ?? 'none'}`,
      plugins: [...others, { sid, phase: defaultPhase }].map(({ sid: plugin_version, phase }) => ({
        plugin_version,
        phase,
      })),
    }),
  );
  await activate(v1, steps, active.configuration, configuration.sid);
  return { ...result, outcome: 'changed', after: configuration.sid };
}

/**
 * Releases the configuration that was active before the last `plugin release`, or only plans it.
 * @throws Failure; nothing was released then, unless its message says that this is not known
 */
export async function rollbackPlugin(deployment: Deployment, yes: boolean): Promise<PluginResult> {
  const { v1 } = operatorClient(deployment).flexApi;
  const active = await reading(() => readActive(v1));
  const target = active.description.startsWith(madeBy)
    ? active.description.slice(madeBy.length)
    : undefined;
  if (target === undefined) {
    throw new Failure(
      active.configuration === undefined
        ? 'No plugin is active on this account.'
        : `The active configuration ${active.configuration} was not made by plugin release.`,
      'Choose the plugins in Flex: Admin > Plugins. Or list the releases with twilio flex:plugins:list:releases.',
    );
  }
  const isEmpty = target === 'none';
  const wanted = isEmpty ? [] : await reading(() => readPlugins(v1, target));
  const result = {
    deployment: deployment.name,
    plugins: compare(active.plugins, wanted),
    before: active.configuration,
  };
  if (!yes) return { ...result, outcome: 'would-change', after: isEmpty ? undefined : target };

  const steps = new Steps();
  const { sid } = isEmpty
    ? await steps.make('configuration', () =>
        v1.pluginConfigurations.create({ name: `Without ${uniqueName}`, plugins: [] }),
      )
    : { sid: target };
  await activate(v1, steps, active.configuration, sid);
  return { ...result, outcome: 'changed', after: sid };
}

type FlexApi = ReturnType<typeof operatorClient>['flexApi']['v1'];

interface ConfiguredPlugin {
  name: string;
  version: string;
  /** The SID of the plugin version. */
  sid: string;
  /** When Flex starts the plugin. */
  phase: number;
}

/** The phase of plugins that name none. Source: Flex UI 2.17.1 */
const defaultPhase = 3;

/** The SID of the active configuration. Undefined if nothing was ever released. */
async function activeConfiguration(v1: FlexApi): Promise<string | undefined> {
  try {
    return (await v1.pluginReleases('Active').fetch()).configurationSid;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function readActive(v1: FlexApi) {
  const configuration = await activeConfiguration(v1);
  if (configuration === undefined) return { configuration, description: '', plugins: [] };
  const { description } = await v1.pluginConfigurations(configuration).fetch();
  // Twilio's API describes it as nullable, against the SDK's types.
  return {
    configuration,
    description: description ?? '',
    plugins: await readPlugins(v1, configuration),
  };
}

async function readPlugins(v1: FlexApi, configuration: string): Promise<ConfiguredPlugin[]> {
  const plugins = await v1.pluginConfigurations(configuration).plugins.list();
  return plugins.map(({ uniqueName, version, pluginVersionSid, phase }) => ({
    name: uniqueName,
    version,
    sid: pluginVersionSid,
    phase,
  }));
}

function toFailure(error: unknown, action: string, next: string): unknown {
  return toTwilioFailure(error, action, next, 'the Flex plugins');
}

async function reading<Result>(read: () => Promise<Result>): Promise<Result> {
  return read().catch((error: unknown) => {
    throw toFailure(error, 'Reading the plugins of the account', 'Run the command again.');
  });
}

/** The writes of one run, for the message if one of them fails. */
class Steps {
  readonly #made: string[] = [];

  /** @throws Failure that says what was made before */
  async make<Made extends { sid: string }>(
    resource: string,
    create: () => Promise<Made>,
  ): Promise<Made> {
    const made = await create().catch((error: unknown) => {
      throw this.failed(error, `Creating the ${resource}`);
    });
    this.#made.push(`${resource} ${made.sid}`);
    return made;
  }

  failed(error: unknown, action: string): unknown {
    const failure =
      error instanceof Failure
        ? error
        : toFailure(error, action, 'Run the command again: it uses what exists.');
    if (!(failure instanceof Failure)) return failure;
    const made = this.#made.length === 0 ? 'nothing' : this.#made.join(', ');
    return new Failure(
      `${failure.message}\nNothing was released. Created before the failure, without effect: ${made}.`,
      failure.next,
      { cause: error },
    );
  }
}

/** Makes a configuration the active one, unless another one has become active in the meantime. */
async function activate(
  v1: FlexApi,
  steps: Steps,
  before: string | undefined,
  configurationId: string,
): Promise<void> {
  const action = 'Creating the release';
  const now = await activeConfiguration(v1).catch((error: unknown) => {
    throw steps.failed(error, action);
  });
  if (now !== before) {
    const problem = `${action}: somebody made the configuration ${now} active meanwhile.`;
    const next = 'Run the command again: it starts from that one.';
    throw steps.failed(new Failure(problem, next), action);
  }
  await v1.pluginReleases.create({ configurationId }).catch(async (error: unknown) => {
    // The release may have taken effect without a response.
    const after = await activeConfiguration(v1).catch(() => {
      throw new Failure(
        `${action}: Twilio did not answer, and whether it took effect is not known.`,
        'Run the command again without --yes: it shows what is active.',
        { cause: error },
      );
    });
    if (after !== configurationId) throw steps.failed(error, action);
  });
}

/** The plugins of two configurations, by name. */
function compare(
  before: readonly Pick<ConfiguredPlugin, 'name' | 'version'>[],
  after: readonly Pick<ConfiguredPlugin, 'name' | 'version'>[],
): readonly PluginLine[] {
  const versionIn = (plugins: typeof before, name: string) =>
    plugins.find((each) => each.name === name)?.version;
  const names = new Set([...before, ...after].map(({ name }) => name));
  return [...names].sort().map((plugin) => {
    const [one, other] = [versionIn(before, plugin), versionIn(after, plugin)];
    const change = one === undefined ? 'add' : other === undefined ? 'remove' : 'change';
    return { action: one === other ? 'keep' : change, plugin, before: one, after: other };
  });
}
