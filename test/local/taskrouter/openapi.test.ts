import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createEmulatorApp } from '../../../local/taskrouter/emulator.ts';
import { pageParameters } from '../../../local/taskrouter/http/paging.ts';
import {
  ReservationForm,
  ReservationQuery,
  WorkspaceForm,
} from '../../../local/taskrouter/http/workspace-api.ts';
import { EmulatorState } from '../../../local/taskrouter/state.ts';
import {
  createTaskForm,
  TaskQuery,
  updateTaskForm,
} from '../../../local/taskrouter/tasks/task-parameters.ts';
import { account, offerTask, startEmulator, type TwilioRequest, twilioRequest } from './client.ts';

/** Twilio's own description, reduced: openapi/README.md. */
const file = join(import.meta.dirname, 'openapi/twilio_taskrouter_v1.json');

const workspace = '/v1/Workspaces/{Sid}';
const tasks = '/v1/Workspaces/{WorkspaceSid}/Tasks';
const task = `${tasks}/{Sid}`;
const reservations = `${tasks}/{TaskSid}/Reservations`;
const reservation = `${reservations}/{Sid}`;

const Content = z.object({ schema: z.record(z.string(), z.unknown()) });
const Operation = z.object({
  parameters: z.array(z.object({ in: z.string(), name: z.string() })).default([]),
  requestBody: z
    .object({
      content: z.object({
        'application/x-www-form-urlencoded': z.object({
          schema: z.object({ properties: z.record(z.string(), z.unknown()) }),
        }),
      }),
    })
    .optional(),
  responses: z.record(
    z.string(),
    z.object({
      content: z.object({ 'application/json': Content }).optional(),
      headers: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});
const Spec = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.object({
    schemas: z.record(
      z.string(),
      z.object({ properties: z.record(z.string(), z.unknown()).optional() }),
    ),
  }),
});

const spec = Spec.parse(JSON.parse(readFileSync(file, 'utf8')));

describe("the emulator, against Twilio's OpenAPI description", () => {
  const operation = (path: string, method: string) =>
    Operation.parse(spec.paths[path]?.[method.toLowerCase()], {
      error: () => `the description has no ${method} ${path}`,
    });

  const validator = (schema: Record<string, unknown>) =>
    new Ajv({
      strict: false,
      allErrors: true,
      formats: {
        'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
        // Twilio's own example of a Workspace has an empty event_callback_url.
        uri: (text) => text === '' || URL.canParse(text),
        'uri-map': true,
        int64: true,
      },
    }).compile({ ...schema, components: spec.components });

  it('serves paths that the description has, and no others', () => {
    const { routes } = createEmulatorApp(new EmulatorState(account));
    const served = routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/v1/Workspaces'))
      .map(({ method, path }) => ({ method, path: path.replaceAll(/:(\w+)/g, '{$1}') }));
    expect(new Set(served.map(({ path }) => path))).toEqual(
      new Set([workspace, tasks, task, reservations, reservation]),
    );
    for (const { method, path } of served) {
      expect(spec.paths[path], `${method} ${path}`).toHaveProperty(method.toLowerCase());
    }
  });

  it('reads parameters by the names that the description has', () => {
    const query = (path: string) =>
      operation(path, 'get').parameters.flatMap(({ name, in: where }) =>
        where === 'query' ? name : [],
      );
    const form = (path: string) =>
      Object.keys(
        operation(path, 'post').requestBody?.content['application/x-www-form-urlencoded'].schema
          .properties ?? {},
      );
    const now = () => 0;
    expect(query(tasks).sort()).toEqual(
      [...Object.keys(TaskQuery.shape), ...pageParameters].sort(),
    );
    expect(query(reservations).sort()).toEqual(
      [...Object.keys(ReservationQuery.shape), ...pageParameters].sort(),
    );
    expect(form(tasks).sort()).toEqual(Object.keys(createTaskForm(now).shape).sort());
    expect(form(task).sort()).toEqual(Object.keys(updateTaskForm(now).shape).sort());
    expect(form(reservation)).toEqual(expect.arrayContaining(Object.keys(ReservationForm.shape)));
    expect(form(workspace).sort()).toEqual(Object.keys(WorkspaceForm.shape).sort());
    for (const [path, method] of [
      [task, 'post'],
      [task, 'delete'],
      [reservation, 'post'],
    ] as const) {
      expect(operation(path, method).parameters).toContainEqual({ in: 'header', name: 'If-Match' });
    }
  });

  it('answers every call as the description says, with each property and no others', async () => {
    const emulator = await startEmulator();

    /** Sends a request, checks the answer against the description, and returns its body. */
    const checked = async (
      path: string,
      method: string,
      request: TwilioRequest,
    ): Promise<unknown> => {
      const answer = await twilioRequest(emulator, { method, ...request });
      const described = operation(path, method).responses[answer.status];
      const where = `${method} ${path} -> ${answer.status}`;
      expect(described, where).toBeDefined();
      const schema = described?.content?.['application/json'].schema;
      if (schema === undefined) {
        expect(await answer.text(), where).toBe('');
        return undefined;
      }
      expect(answer.headers.get('Content-Type'), where).toBe('application/json');
      const body: unknown = await answer.json();
      const validate = validator(schema);
      validate(body);
      expect(validate.errors, where).toBeNull();
      const { properties } =
        spec.components.schemas[String(schema['$ref']).split('/')[3] ?? ''] ?? {};
      const printed = Object.keys(Object(body)).sort();
      if (!('meta' in Object(body))) expect(printed).toEqual(Object.keys(properties ?? {}).sort());
      if (!('meta' in Object(body)) && path !== workspace) {
        const header = Object.keys(described?.headers ?? {}).find((name) => /^etag$/i.test(name));
        expect(header, where).toBeDefined();
        expect(answer.headers.get(header ?? ''), where).toMatch(/^"\d+"$/);
      }
      return body;
    };

    await checked(workspace, 'GET', { path: '' });
    await checked(workspace, 'POST', {
      path: '',
      form: { EventCallbackUrl: 'https://example.com/events', EventsFilter: 'task.created' },
    });

    const WithSid = z.object({ sid: z.string() });
    const create = (form: Record<string, string>) =>
      checked(tasks, 'POST', { path: '/Tasks', form });
    const { sid } = WithSid.parse(await create({}));
    await create({
      Attributes: '{"a":1}',
      Priority: '7',
      Timeout: '60',
      TaskChannel: `TC${'1'.repeat(32)}`,
      WorkflowSid: `WW${'2'.repeat(32)}`,
      TaskQueueSid: `WQ${'3'.repeat(32)}`,
      VirtualStartTime: '2014-05-14T18:50:02Z',
      RoutingTarget: `WK${'4'.repeat(32)}`,
      IgnoreCapacity: 'no',
    });
    await checked(tasks, 'GET', { path: '/Tasks?PageSize=1' });
    await checked(tasks, 'GET', { path: '/Tasks?Priority=99' });
    await checked(task, 'GET', { path: `/Tasks/${sid}` });
    await checked(task, 'POST', { path: `/Tasks/${sid}`, form: { Attributes: '{"a":1}' } });

    await offerTask(emulator, sid);
    const wr = await offerTask(emulator, sid, 'bob');
    const path = `/Tasks/${sid}/Reservations`;
    await checked(reservations, 'GET', { path: `${path}?PageSize=1` });
    await checked(reservation, 'GET', { path: `${path}/${wr}` });
    for (const ReservationStatus of ['accepted', 'wrapping', 'completed']) {
      await checked(reservation, 'POST', { path: `${path}/${wr}`, form: { ReservationStatus } });
      await checked(task, 'GET', { path: `/Tasks/${sid}` });
      await checked(reservations, 'GET', { path });
    }
    await checked(task, 'DELETE', { path: `/Tasks/${sid}` });
  });
});
