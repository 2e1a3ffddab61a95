import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { readPayload } from '../../fixtures/load.ts';
import { isObject, type Json, type JsonObject } from '../../shared/json.ts';
import { type Answer, type Pipeline, startPipeline } from './pipeline.ts';

/** What a step led to, once nothing more happened; without a request there is no answer. */
export type Result = Partial<Answer> & { shows?: readonly Json[] };

/** The input of a case. */
export function readCase(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`cases/${name}.json`, import.meta.url), 'utf8'));
}

/**
 * Plays the steps of a case, each until nothing more happens.
 * @returns for each step the answer to its request, and what the segment of the latest Task shows
 */
export async function play(
  steps: unknown,
): Promise<{ results: Result[]; tasks: string[]; pipeline: Pipeline }> {
  const pipeline = await startPipeline();
  const tasks: string[] = [];
  const results: Result[] = [];
  for (const step of Steps.parse(steps)) {
    const answer = await take(step, pipeline, tasks);
    await pipeline.drain();
    const task = tasks.at(-1);
    results.push({ ...answer, ...(task !== undefined && { shows: await pipeline.shownOn(task) }) });
  }
  return { results, tasks, pipeline };
}

const Attributes = z.record(z.string(), z.json());

const Step = z.union([
  z.strictObject({ task: Attributes, accepted: z.boolean().default(false) }),
  /** A new Task with the attributes of the latest, less some. */
  z.strictObject({ clone: z.array(z.string()), accepted: z.boolean() }),
  /** Another writer changes attributes of the latest Task, without If-Match. */
  z.strictObject({ write: Attributes }),
  z.literal('reservation completed'),
  z.strictObject({
    to: z.string(),
    /** Text goes as it is, all else as JSON. `detail` and `body` are the same. */
    body: z.json().optional(),
    detail: z.json().optional(),
    /** A payload of the kind's fixtures, with some fields changed. */
    fixture: z.string().optional(),
    with: z.json().optional(),
    signed: z.boolean().default(true),
    headers: z.record(z.string(), z.string()).default({}),
  }),
]);

const Steps = z.array(Step);

const takenOut = '<taken out>';

async function take(
  step: z.infer<typeof Step>,
  pipeline: Pipeline,
  tasks: string[],
): Promise<Answer | undefined> {
  const task = tasks.at(-1) ?? '';
  const expand = (value: Json) => expandText(value, pipeline.now(), task);
  if (step === 'reservation completed') {
    await pipeline.completeReservation(task);
  } else if ('task' in step) {
    tasks.push(await pipeline.createTask(step.task, step.accepted));
  } else if ('clone' in step) {
    const { conversations, ...attributes } = await pipeline.attributesOf(task);
    const entries = Object.entries(attributes).filter(([name]) => !step.clone.includes(name));
    const conversation = {
      ...(isObject(conversations) ? conversations : {}),
      conversation_id: task,
    };
    const clone = { ...Object.fromEntries(entries), conversations: conversation };
    tasks.push(await pipeline.createTask(clone, step.accepted));
  } else if ('write' in step) {
    const whole = { ...(await pipeline.attributesOf(task)), ...(expand(step.write) as JsonObject) };
    const kept = Object.entries(whole).filter(([, value]) => value !== takenOut);
    await pipeline.write(task, Object.fromEntries(kept));
  } else {
    const { to, fixture, signed: isSigned, headers } = step;
    const body =
      fixture === undefined
        ? expand(step.body ?? step.detail ?? null)
        : merge(JSON.parse(readPayload(to, fixture).toString()), expand(step.with ?? {}));
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return pipeline.send(to, text, { isSigned, headers });
  }
  return undefined;
}

/** A value with the fields of another one, at any depth. */
function merge(value: Json, change: Json): Json {
  if (!isObject(value) || !isObject(change)) return change;
  const changed = Object.entries(change).map(([name, field]): [string, Json] => [
    name,
    merge(value[name] ?? null, field),
  ]);
  return { ...value, ...Object.fromEntries(changed) };
}

/** A value of a case with its short forms written out: `<now, ms>`, `x repeated 3000 times`, `[100 x {…}]`. */
function expandText(value: Json, now: number, task: string, index = 0): Json {
  const expand = (part: Json) => expandText(part, now, task, index);
  if (Array.isArray(value)) return value.map(expand);
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, expand(part)]));
  }
  if (typeof value !== 'string') return value;
  const [, count, item = ''] = /^\[(\d+) x (.*)\]$/s.exec(value) ?? [];
  if (count !== undefined) {
    return Array.from({ length: Number(count) }, (_, at) =>
      expandText(JSON.parse(item), now, task, at),
    );
  }
  const [, start] = /^(\d+) \+ i$/.exec(value) ?? [];
  if (start !== undefined) return Number(start) + index;
  const [, code, letter = '', times] =
    /^(?:U\+([0-9A-F]+)|(.)) repeated (\d+) times$/.exec(value) ?? [];
  if (times !== undefined) {
    const character = code === undefined ? letter : String.fromCodePoint(Number.parseInt(code, 16));
    return character.repeat(Number(times));
  }
  const written: Readonly<Record<string, Json>> = {
    '<now, ms>': now,
    '<now, RFC 3339>': new Date(now).toISOString(),
    '<uuid>': randomUUID(),
    '<WT>': task,
  };
  return written[value] ?? value;
}
