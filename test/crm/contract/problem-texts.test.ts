import { describe, expect, it } from 'vitest';
import { readPayload } from '../../../fixtures/load.ts';
import { parseCallback, parseEventStream } from '../../../lambdas/task-event/events.ts';
import type { FieldProblem } from '../../../shared/http/errors.ts';
import { eventStreamPrefix } from '../../../shared/taskrouter/task-router.ts';
import { problemsIn } from '../problems.ts';
import { readBody, sources } from './sources.ts';

const wrongTypes = [undefined, 7, 'text', null, true, [], {}, [7], { value: 7 }, -1, 1e300];

/** A payload with each of its values, at any depth, left out or replaced by another type. */
function* spoilt(payload: unknown): Generator<unknown> {
  yield* wrongTypes;
  if (typeof payload !== 'object' || payload === null) return;
  for (const [key, value] of Object.entries(payload)) {
    for (const other of spoilt(value)) {
      const copy: object = Array.isArray(payload) ? [...payload] : { ...payload };
      if (other === undefined && !Array.isArray(copy)) Reflect.deleteProperty(copy, key);
      else Reflect.set(copy, key, other);
      yield copy;
    }
  }
}

/** Words of zod's own texts, which name no fix. */
const zodEnglish = /expected|received|invalid|too (big|small)|unrecognized/i;
const inOurWords = /^(must|is|has) [^\n]{5,}$/;

const expectOwnWords = (payload: unknown, read: (spoilt: unknown) => readonly object[]): void => {
  const found = new Map<string, FieldProblem>();
  for (const other of spoilt(payload)) {
    for (const problem of problemsIn(() => read(other))) found.set(problem.problem, problem);
  }
  const foreign = [...found.values()].filter(
    ({ problem }) => zodEnglish.test(problem) || !inOurWords.test(problem),
  );
  expect(foreign).toEqual([]);
  expect(found.size).toBeGreaterThan(0);
};

describe('a problem of a payload never has the text of zod', () => {
  it.each(
    sources.flatMap(({ kind, crm, ...its }) =>
      crm.payloads.map(({ file }) => ({ kind, file, ...its })),
    ),
  )('$kind/$file', ({ kind, file, source, config }) => {
    const payload = readBody(source, readPayload(kind, file));
    expectOwnWords(payload, (other) => source.normalise(other, config));
  });

  it('of Twilio', () => {
    const task = { task_sid: `WT${'1'.repeat(32)}`, task_attributes: '{}' };
    const type = `${eventStreamPrefix}task.updated`;
    expectOwnWords([{ type, data: { timestamp: '', payload: task } }], parseEventStream);
    const form = { EventType: 'task.updated', TaskSid: task.task_sid, Timestamp: '1' };
    expectOwnWords(form, (other) => [parseCallback(Object(other))]);
  });
});

it('says what Jira has to send if the name of the event is missing', () => {
  const jira = sources.find(({ kind }) => kind === 'jira');
  if (jira === undefined) throw new Error('there is no source jira');
  const [problem] = problemsIn(() => jira.source.normalise({ timestamp: 1 }, jira.config));
  expect(problem).toMatchObject({ field: 'webhookEvent' });
  expect(problem?.problem).toMatch(/jira:issue_updated.*System > WebHooks/);
});
