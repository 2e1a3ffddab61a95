import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundle, functionEntries, repositoryRoot } from '../../../infra/bundle/bundle.ts';
import { type Recording, recordResources } from '../../../tools/engine/record-resources.ts';
import type { Run } from '../../../tools/engine/run-program.ts';
import { secrets, twilio } from '../settings.ts';
import { leakedSecrets, runStack, shownTo, stackOutputs, wrappedSecrets } from './runs.ts';

const place = mkdtempSync(join(tmpdir(), 'own-program-'));
afterAll(() => rmSync(place, { recursive: true }));

const project = 'contact-center';
const config = {
  [`${project}:zendeskSigningSecret`]: secrets.zendesk,
  [`${project}:twilioAccountSid`]: twilio.accountSid,
  [`${project}:twilioWorkspaceSid`]: twilio.workspaceSid,
  [`${project}:twilioApiKey`]: twilio.apiKey,
  [`${project}:twilioApiSecret`]: secrets.twilio,
  [`${project}:twilioAuthToken`]: secrets.authToken,
};

/** The program as docs/deploy.md says: this repository beside it, each with its own copy of Pulumi's SDK. */
const layOut = (): string => {
  const root = join(place, 'pulumi');
  cpSync(join(repositoryRoot, 'examples/own-program'), root, { recursive: true });
  const program = join(root, 'index.ts');
  const text = readFileSync(program, 'utf8');
  writeFileSync(program, text.replace("'../../infra/", "'../crm-media-sync/infra/"));
  const packages = join(repositoryRoot, 'node_modules');
  for (const part of ['infra', 'lambdas', 'shared', 'package.json', 'tsconfig.json']) {
    cpSync(join(repositoryRoot, part), join(place, 'crm-media-sync', part), { recursive: true });
  }
  symlinkSync(packages, join(place, 'crm-media-sync/node_modules'));
  // What the SDK needs, and nothing of the SDK itself: Node looks beside it first.
  symlinkSync(packages, join(place, 'node_modules'));
  const sdk = '@pulumi/pulumi';
  cpSync(join(packages, sdk), join(root, 'node_modules', sdk), { recursive: true });
  return root;
};

let recording: Recording;
let run: Run;
beforeAll(async () => {
  const program = () => import('../../../examples/own-program/index.ts');
  recording = await recordResources(program, { project, stack: 'production', config });
  run = await runStack(recording, { root: layOut(), secretKeys: Object.keys(config), config });
}, 240_000);

it('a program of somebody’s own creates all of it, in one tree, with no secret in plain text', () => {
  expect([run.exitCode, run.stderr, shownTo(run)]).toEqual([0, '', []]);
  const [, ...registrations] = run.registrations;
  expect(registrations).toHaveLength(recording.resources.length - 1);
  const [component, ...children] = registrations.map(({ urn }) => urn.split('::'));
  expect(component?.slice(2)).toEqual(['crm-media-sync:infra:CrmMediaSync', 'tickets-production']);
  for (const [, , types, name] of children) {
    expect(types).toMatch(/^crm-media-sync:infra:CrmMediaSync\$/);
    expect(name).toMatch(/^tickets-production-/);
  }
  expect(wrappedSecrets(run)).toMatchObject({ zendesk: 1, twilio: 1, authToken: 1 });
  expect(leakedSecrets(run)).toEqual([]);
});

it('its bundles have the same bytes as here, from another folder, and nothing else is left in theirs', () => {
  for (const entry of Object.values(functionEntries)) {
    const { code, map } = bundle(entry);
    const built = join(place, 'crm-media-sync/.bundles', dirname(entry));
    const files = readdirSync(built).map((file) => [file, readFileSync(join(built, file), 'utf8')]);
    expect(Object.fromEntries(files)).toEqual({ 'handler.mjs': code, 'handler.mjs.map': map });
  }
});

it('its outputs are those of the stack of this repository', () => {
  const index = readFileSync(join(repositoryRoot, 'infra/index.ts'), 'utf8');
  const named = [...index.matchAll(/^ {2}(\w+),$/gm)].map(([, name]) => name);
  expect(Object.keys(stackOutputs(run)).toSorted()).toEqual(named.toSorted());
});
