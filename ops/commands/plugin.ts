import type { Command } from 'commander';
import type { Colors, RegisterCommand } from '../context.ts';
import {
  addDeploymentOptions,
  type DeploymentOptions,
  findDeployment,
} from '../deployment/options.ts';
import { exitCodes } from '../failure.ts';
import type { PluginLine, PluginResult } from '../plugin/release.ts';
import { escapeUnprintable, printJson } from '../text.ts';

interface PluginOptions extends DeploymentOptions {
  url: string;
  yes?: true;
  json?: true;
}

const releaseExamples = `Examples:
  npm run ops -- plugin release --url https://cdn.example.com/plugin.js --stack prod         show the plan
  npm run ops -- plugin release --url https://cdn.example.com/plugin.js --stack prod --yes   release it

First build the file (npm run plugin:build) and host it. The command reads the file and its version from the
URL. It checks that Twilio has no other file with this version. The other plugins of the active
configuration stay. If a step fails, nothing is released.
`;

const rollbackExamples = `Examples:
  npm run ops -- plugin rollback --stack prod         show the plan
  npm run ops -- plugin rollback --stack prod --yes   release the previous configuration

It works only while the active configuration is one that plugin release created. Each rollback goes back by
one release.
`;

/** `plugin release` and `plugin rollback`: the Flex plugin on the Twilio account. */
export const registerPlugin: RegisterCommand = (program, context, exitWith) => {
  const group = program
    .command('plugin')
    .summary('release the Flex plugin, or go back')
    .description('Releases the Flex plugin to all users of Flex, or goes back by one release.')
    .addHelpText('before', `${releaseExamples}\n${rollbackExamples}`)
    .helpCommand(false);
  const addCommand = (name: string, summary: string, examples: string): Command =>
    addDeploymentOptions(group.command(name).summary(summary).addHelpText('before', examples))
      .option('--yes', 'do it')
      .option('--json', 'print one JSON document');
  const show = (result: PluginResult, { json }: PluginOptions): void => {
    context.out(json ? printJson(result) : printResult(result, context.colors));
    if (result.outcome === 'would-change') exitWith(exitCodes.wouldChange);
  };

  addCommand('release', 'release the plugin that is hosted at a URL', releaseExamples)
    .description(
      'Releases the Flex plugin that is hosted at a URL. Users get it when they next load Flex.',
    )
    .requiredOption('--url <url>', 'where the built file is hosted; https')
    .action(async (options: PluginOptions) => {
      const deployment = await findDeployment(options, context);
      // The twilio SDK takes longer to load than most commands take to run.
      const { releasePlugin } = await import('../plugin/release.ts');
      show(await releasePlugin(deployment, options.url, options.yes ?? false), options);
    });
  addCommand('rollback', 'release the previous configuration', rollbackExamples)
    .description('Releases the configuration that was active before the last plugin release.')
    .action(async (options: PluginOptions) => {
      const deployment = await findDeployment(options, context);
      const { rollbackPlugin } = await import('../plugin/release.ts');
      show(await rollbackPlugin(deployment, options.yes ?? false), options);
    });
};

const outcomeTexts = {
  'nothing-to-do': 'Nothing to do.',
  'would-change': 'Dry run: nothing was changed. Add --yes to apply.',
  changed: 'Done. Users get it when they next load Flex.',
};

/** The result as text: `+` added, `~` changed, `-` removed, `=` unchanged. */
function printResult(result: PluginResult, { bold, green, yellow, red, dim }: Colors): string {
  const { deployment, outcome, plugins, before = 'none', after = 'a new one' } = result;
  const symbols = { add: green('+'), change: yellow('~'), remove: red('-'), keep: dim('=') };
  const width = Math.max(0, ...plugins.map(({ plugin }) => plugin.length));
  const line = ({ action, plugin, ...versions }: PluginLine) => {
    const text =
      action === 'change'
        ? `${versions.before} -> ${versions.after}`
        : (versions.after ?? versions.before);
    return `  ${symbols[action]} ${escapeUnprintable(`${plugin.padEnd(width)}  ${text}`)}`;
  };
  return [
    `${bold('Flex plugins')}, ${deployment}`,
    '',
    ...plugins.map(line),
    '',
    `Configuration ${before === after ? before : `${before} -> ${after}`}`,
    outcomeTexts[outcome],
    '',
  ].join('\n');
}
