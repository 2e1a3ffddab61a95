import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { sections } from '../../docs/writers/settings.ts';
import { kindsOfSources, sharedSettings } from '../../docs/writers/source-settings.ts';
import { type NpmCall, npmCalls, type Page, pages, root } from '../../tools/docs-pages.ts';
import { commandRunner } from '../ops/command-line.ts';

const all = pages();
const byFile = new Map(all.map((page) => [page.file, page]));

/** The problems of all pages: none. */
function expectNone(problemsOf: (page: Page) => readonly string[]): void {
  const problems = all.flatMap((page) =>
    problemsOf(page).map((problem) => `${page.file}: ${problem}`),
  );
  expect([...new Set(problems)]).toEqual([]);
}

describe('README and docs', () => {
  it('have links, codes, commands and settings', () => {
    for (const part of ['links', 'codes', 'commands', 'yaml'] as const) {
      expect(all.flatMap((page): readonly unknown[] => page[part])).not.toEqual([]);
    }
  });

  it('link to files and headings that exist', () => {
    expectNone(({ links }) =>
      links.flatMap(({ path, anchor }) => {
        if (!existsSync(join(root, path))) return [path];
        const target = byFile.get(path);
        const isThere = anchor === undefined || target?.anchors.has(anchor) !== false;
        return isThere ? [] : [`${path}#${anchor}`];
      }),
    );
  });

  it('name files that exist', () => {
    const folders =
      'infra|lambdas|shared|ops|local|console|test|docs|bench|tools|examples|fixtures|flex-plugin';
    const ofProject = new RegExp(`^(?:${folders})/[\\w./-]+$`);
    expectNone(({ codes }) =>
      codes.filter(
        (code) => ofProject.test(code) && !/acme|dist/.test(code) && !existsSync(join(root, code)),
      ),
    );
  });

  it('name settings that exist', () => {
    expectNone(({ codes, commands, yaml }) =>
      [
        ...codes.map((code) => code.replace(/: .*/, '')),
        ...commands.flatMap((line) => line.replaceAll(/['"]/g, '').split(/\s+/)),
        ...yaml.flatMap(pathsIn),
      ].filter((path) => inSection.test(path) && !isSetting(path)),
    );
  });

  it('name scripts, commands and options that exist, and the stack that a command is for', async () => {
    const wrong: string[] = [];
    for (const { file, codes, commands } of all) {
      for (const text of [...commands, ...codes]) {
        const isUndefined = commands.includes(text) && text.startsWith('ops ');
        if (isUndefined) wrong.push(`${file}: ${text}`);
        for (const call of npmCalls(text)) {
          if (!(await isRight(call, commands.includes(text)))) wrong.push(`${file}: ${text}`);
        }
      }
    }
    expect(wrong).toEqual([]);
  });

  it('name the stack in each command of Pulumi, the region in each of the AWS CLI', () => {
    const ofStack =
      /^pulumi (?:config|up|preview|refresh|destroy|cancel|import|state|stack (?:output|rm|export|import))\b/;
    expectNone(({ commands }) =>
      commands
        .flatMap(simpleCommands)
        .filter(
          (command) =>
            (ofStack.test(command) && !/ (--stack|-s)\b/.test(command)) ||
            (command.startsWith('aws ') && !/ --region\b/.test(command)),
        ),
    );
  });
});

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** Commands of npm itself that the pages name. */
const ofNpm = new Set(['ci', 'install', 'audit', 'sbom']);

const helps = new Map<string, Promise<string | undefined>>();

/** @param isWhole whether it is a command to copy, and no part of a sentence */
async function isRight(call: NpmCall, isWhole: boolean): Promise<boolean> {
  const { script, path, options } = call;
  if (!Object.hasOwn(scripts, script)) return ofNpm.has(script);
  if (path.length + options.length === 0) return true;
  const key = [script, ...path].join(' ');
  const reading = helps.get(key) ?? helpOf(call);
  helps.set(key, reading);
  const help = await reading;
  if (help === undefined) return true;
  const has = (option: string) => new RegExp(`${option}(?![\\w-])`).test(help);
  const isOfStack = isWhole && script === 'ops' && has('--stack');
  return options.every(has) && !(isOfStack && !/--(stack|local|help)\b/.test(options.join(' ')));
}

const ops = commandRunner('/nowhere');

/** What a command says of its options; undefined if that is no program of the project. */
async function helpOf({ script, path }: NpmCall): Promise<string | undefined> {
  if (script === 'ops') {
    for (let length = path.length; length >= 0; length -= 1) {
      const { code, stdout } = await ops(...path.slice(0, length), '--help');
      if (code === 0) return stdout;
    }
  }
  const [, program] = /^exec node (\S+\.ts)$/.exec(scripts[script] ?? '') ?? [];
  if (program === undefined) return undefined;
  const printed = await promisify(execFile)(process.execPath, [program, '--help'], { cwd: root });
  return printed.stdout;
}

/** The commands of a line of shell, each with those whose output it takes. */
function simpleCommands(line: string): readonly string[] {
  const text = line.replaceAll(/'[^']*'/g, "''");
  const [whole, inner] = /\$\(([^()]*)\)/.exec(text) ?? [];
  if (whole !== undefined && inner !== undefined) {
    return [...simpleCommands(inner), ...simpleCommands(text.replace(whole, ''))];
  }
  return text.split(/&&|\||;/).map((command) => command.trim());
}

const settings = new Set(
  [
    ...sections().flatMap(({ name, settings }) => [[name], ...settings.map(({ path }) => path)]),
    ...[...sharedSettings(), ...kindsOfSources().flatMap(({ ownSettings }) => ownSettings)].map(
      ({ path }) => path,
    ),
    ['sources', '<name>', 'kind'],
  ].map((path) => path.join('.')),
);

const sectionNames = ['sources', ...sections().map(({ name }) => name)].join('|');

const inSection = new RegExp(`^(?:${sectionNames})\\.(?!ts$)[\\w<>[\\].-]*\\w[\\]>]?$`);

/** Whether a path in Pulumi's notation is a setting, or a part of one. */
function isSetting(path: string): boolean {
  const [section = '', ...keys] = path.replaceAll(/\[\w*\]/g, '').split('.');
  if (section === 'tags') return keys.length === 1;
  if (section === 'sources' && keys.length === 1) return true;
  const known = section === 'sources' ? ['<name>', ...keys.slice(1)] : keys;
  return known.some((_, index) => settings.has([section, ...known.slice(0, index + 1)].join('.')));
}

/** The paths of a stack's configuration in YAML, two spaces a level. */
function pathsIn(yaml: string): readonly string[] {
  const path: string[] = [];
  return yaml.split('\n').flatMap((line) => {
    const [, indent = '', key] = /^( *)(?:crm-media-sync:)?([\w-]+):/.exec(line) ?? [];
    if (key === undefined) return [];
    path.splice(indent.length / 2, path.length, key);
    return path.slice(path[0] === 'config' ? 1 : 0).join('.');
  });
}
