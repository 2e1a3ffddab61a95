import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Difference, Step } from '../../console/parts.ts';
import { canonical, isArray, isObject, type Json, parseJson } from '../../shared/json.ts';

export type TwilioCalls = ReturnType<typeof createTwilioCalls>;

const maxCalls = 1000;

/** Records the pipeline's requests to TaskRouter, and the differences that each write made. */
export function createTwilioCalls() {
  const calls: (Step & { taskSid: string | undefined })[] = [];
  return {
    /**
     * Observes a request to TaskRouter, and records it after the response.
     * @param attributesOf returns the current attributes of a Task
     */
    observe: (
      request: IncomingMessage,
      response: ServerResponse,
      attributesOf: (taskSid: string) => string | undefined,
    ): void => {
      const { url = '', method, headers } = request;
      if (!url.startsWith('/v1/Workspaces/')) return;
      const at = Date.now();
      const [, taskSid] = /\/Tasks\/(WT[0-9a-f]{32})/.exec(url) ?? [];
      const isWrite = method === 'POST' && headers['if-match'] !== undefined;
      const before = isWrite && taskSid ? attributesOf(taskSid) : undefined;
      response.once('close', () => {
        const { statusCode } = response;
        const isWritten = statusCode === 200 && before !== undefined && taskSid !== undefined;
        const after = isWritten ? attributesOf(taskSid) : undefined;
        const difference = after && before ? attributeDifferences(before, after) : undefined;
        const result = response.writableFinished ? statusText(statusCode) : ': no response';
        calls.push({ at, taskSid, text: describeCall(url, isWrite) + result, difference });
        calls.splice(0, calls.length - maxCalls);
      });
    },
    /** The searches and the requests about these Tasks since a time, as steps. */
    about: (taskSids: readonly string[], since: number): Step[] =>
      calls
        .filter(({ at, taskSid }) => at >= since && (!taskSid || taskSids.includes(taskSid)))
        .map(({ taskSid: _, ...step }) => step),
  };
}

function describeCall(url: string, isWrite: boolean): string {
  if (isWrite) return 'Task written';
  if (/\/Reservations(\?|$)/.test(url)) return 'reservations read';
  return /\/Tasks\/WT[0-9a-f]{32}$/.test(url) ? 'Task read' : 'Tasks searched';
}

function statusText(status: number): string {
  if (status === 200) return '';
  return status === 412
    ? ': 412, another writer changed the Task, so sync reads it again'
    : `: ${status}`;
}

/**
 * The differences between two JSON texts of a Task's attributes. An item of a list is added or removed as a whole.
 */
function attributeDifferences(before: string, after: string): Difference[] {
  try {
    return differences('', parseJson(before), parseJson(after));
  } catch {
    return [{ path: 'attributes', before, after }];
  }
}

function differences(
  path: string,
  before: Json | undefined,
  after: Json | undefined,
): Difference[] {
  if (isObject(before) || isObject(after)) {
    const [was, is] = [before, after].map((value) => (isObject(value) ? value : {}));
    return [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])].flatMap((key) =>
      differences(path === '' ? key : `${path}.${key}`, was?.[key], is?.[key]),
    );
  }
  if (isArray(before) || isArray(after)) {
    const [was, is] = [before, after].map((value) => (isArray(value) ? value.map(textOf) : []));
    return [
      ...(was ?? []).filter((item) => !is?.includes(item)).map((item) => ({ path, before: item })),
      ...(is ?? []).filter((item) => !was?.includes(item)).map((item) => ({ path, after: item })),
    ];
  }
  const [was, is] = [before, after].map((value) =>
    value === undefined ? undefined : textOf(value),
  );
  return was === is ? [] : [{ path, before: was, after: is }];
}

/** A value as text. For a media item, the part that a person looks for. */
function textOf(value: Json): string {
  if (typeof value === 'string') return value;
  if (!isObject(value)) return canonical(value);
  const { type, title, url, ...others } = value;
  const isLink = typeof type === 'string' && typeof url === 'string';
  if (!isLink || Object.keys(others).length > 0) return canonical(value);
  return [type, typeof title === 'string' ? title : '', url].filter(Boolean).join(' · ');
}
