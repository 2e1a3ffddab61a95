import { createServer, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { buildPlugin } from '../../../flex-plugin/build.ts';
import { serve } from '../../local/serve.ts';
import { failure, startEmulatorHarness, writeStateFile } from '../command-line.ts';
import { startFailingProxy } from '../proxy.ts';

const { script, version } = buildPlugin();
const Made = z.looseObject({ sid: z.string(), configuration_sid: z.string().optional() });
const Plugin = z.object({ unique_name: z.string(), version: z.string(), phase: z.int() });
const theirs = 'theirs 3.1.0 1';
const ours = `crm-media-sync ${version} 3`;

/** An account where a plugin of another team is active, unless it is fresh, and the host of ours. */
const harness = async ({ fresh = false } = {}) => {
  const local = await startEmulatorHarness();
  const call = async (path: string, form?: Record<string, string>) =>
    Made.parse(await local.twilio(`PluginService/${path}`, form));
  const host = await serve(
    createServer(({ url = '' }, response) => {
      const type = url === '/page' ? 'text/html' : 'text/javascript';
      const file = url === '/other.js' ? 'alert(1)' : script;
      const body = url === '/next.js' ? script.replace(version, '9.0.0') : file;
      response.writeHead(url === '/missing.js' ? 404 : 200, { 'content-type': type }).end(body);
    }),
  );
  const activate = async (Plugins?: string) => {
    const form = { Name: 'by hand', ...(Plugins && { Plugins }) };
    await call('Releases', { ConfigurationId: (await call('Configurations', form)).sid });
  };
  const active = async () => {
    const sid = (await call('Releases/Active')).configuration_sid;
    const list = await local.twilio(`PluginService/Configurations/${sid}/Plugins`);
    const { plugins } = z.object({ plugins: z.array(Plugin) }).parse(list);
    return [sid, ...plugins.map((each) => `${each.unique_name} ${each.version} ${each.phase}`)];
  };
  if (!fresh) {
    const { sid: plugin } = await call('Plugins', { UniqueName: 'theirs' });
    const form = { Version: '3.1.0', PluginUrl: 'https://theirs.example.com/a.js' };
    const { sid } = await call(`Plugins/${plugin}/Versions`, form);
    await activate(JSON.stringify({ plugin_version: sid, phase: 1 }));
  }
  const release = (path: string, ...options: string[]) =>
    local.ops('plugin', 'release', '--url', path.replace(/^\//, `${host}/`), ...options);
  return { ...local, activate, active, release, first: fresh ? [] : await active() };
};

describe('plugin release', () => {
  it('shows its plan, adds the plugin to those of others, and replaces its last version', async () => {
    const { release, active, first } = await harness();
    const planned = await release('/a.js');
    expect(planned).toMatchObject({ code: 3, stderr: '' });
    expect(planned.stdout).toContain(`+ crm-media-sync  ${version}\n  = theirs          3.1.0`);
    expect(await active()).toEqual(first);
    expect((await release('/a.js', '--yes')).code).toBe(0);
    const released = await active();
    expect(released.slice(1)).toEqual([theirs, ours]);
    expect((await release('/a.js', '--yes')).stdout).toContain('Nothing to do');
    expect(await active()).toEqual(released);
    expect(await release('/b.js')).toMatchObject(failure(`version ${version}`, '/a.js'));
    const { stdout } = await release('/next.js', '--yes');
    expect(stdout).toContain(`~ crm-media-sync  ${version} -> 9.0.0`);
    expect((await active()).slice(1)).toEqual([theirs, 'crm-media-sync 9.0.0 3']);
  });

  it.each([
    ['http://cdn.example.com/a.js', 'must be an https URL'],
    ['cdn.example.com/a.js', 'must be an https URL'],
    ['https://me:secret@cdn.example.com/a.js', 'no password'],
    ['/missing.js', 'answered 404'],
    ['/page', 'content type is text/html'],
    ['/other.js', 'is not the built plugin'],
  ])('refuses %s: %s', async (url, problem) => {
    const { release } = await harness();
    expect(await release(url)).toMatchObject(failure('--url', problem));
  });

  const writes = [1, 2, 3, 4].flatMap((at) => [false, true].map((done) => [at, done] as const));
  it.each(writes)('changes nothing if write %i fails (took effect: %s)', async (at, done) => {
    const { release, root, emulator, active, first } = await harness();
    const fail = (response: ServerResponse) => response.destroy();
    const proxy = await startFailingProxy(emulator.url, { at, takesEffect: done, fail });
    await writeStateFile(root, { taskrouter: proxy.url });
    const ended = await release('/a.js', '--yes');
    const made = ['nothing', 'plugin FP', 'plugin version FV', 'configuration FJ'][at - 1] ?? '';
    const said = failure('Nothing was released', made, 'Run the command again');
    expect(ended).toMatchObject(at === 4 && done ? { code: 0 } : said);
    if (ended.code === 1) expect(await active()).toEqual(first);
    expect((await release('/a.js', '--yes')).code).toBe(0);
    expect((await active()).slice(1)).toEqual([theirs, ours]);
  });

  it('does not undo what somebody else released meanwhile', async () => {
    const { release, root, emulator, twilio, activate, active } = await harness();
    const fail = async (response: ServerResponse) => {
      const list = await twilio('PluginService/Configurations');
      const [made] = z.object({ configurations: z.array(Made) }).parse(list).configurations;
      await activate();
      response.writeHead(201).end(JSON.stringify(made));
    };
    const proxy = await startFailingProxy(emulator.url, { at: 3, takesEffect: true, fail });
    await writeStateFile(root, { taskrouter: proxy.url });
    expect(await release('/a.js', '--yes')).toMatchObject(
      failure('somebody', 'Nothing was released'),
    );
    expect((await active()).slice(1)).toEqual([]);
  });
});

describe('plugin rollback', () => {
  it('goes back by one release, and not behind those that plugin release made', async () => {
    const { ops, release, active, first } = await harness();
    await release('/a.js', '--yes');
    await release('/next.js', '--yes');
    expect(await ops('plugin', 'rollback')).toMatchObject({ code: 3 });
    expect((await active()).slice(1)).toEqual([theirs, 'crm-media-sync 9.0.0 3']);
    expect((await ops('plugin', 'rollback', '--yes')).code).toBe(0);
    expect((await active()).slice(1)).toEqual([theirs, ours]);
    expect((await ops('plugin', 'rollback', '--yes')).stdout).toContain('- crm-media-sync');
    expect(await active()).toEqual(first);
    const refused = failure('was not made by plugin release', 'Admin > Plugins');
    expect(await ops('plugin', 'rollback', '--yes')).toMatchObject(refused);
  });

  it('of the first release of an account leaves no plugin active', async () => {
    const { ops, release, active } = await harness({ fresh: true });
    expect(await ops('plugin', 'rollback')).toMatchObject(failure('No plugin is active'));
    await release('/a.js', '--yes');
    expect((await active()).slice(1)).toEqual([ours]);
    await ops('plugin', 'rollback', '--yes');
    expect((await active()).slice(1)).toEqual([]);
  });
});
