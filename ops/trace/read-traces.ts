import { isArray, isObject, type Json } from '../../shared/media/json.ts';
import { type Frame, framesIn } from './frame.ts';

/** One stack trace, and who wrote it, where that is told. */
export interface Trace {
  /** The field `service` of the log line that it stands in. */
  readonly service: string | undefined;
  readonly frames: readonly Frame[];
}

/** JSON on lines of its own, as `aws logs tail --format json` prints it, or at the end of one. */
const documents = /^\{$[\s\S]*?^\}$|\{.*\}$/gm;

const parsed = (text: string): Json | undefined => {
  try {
    const value: Json = JSON.parse(text);
    return isObject(value) || isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** A line without a frame, such as the message of what caused an error, is between two traces. */
const inLines = (text: string, service: string | undefined): Trace[] => {
  const traces: Frame[][] = [[]];
  for (const line of text.split('\n')) {
    const frames = framesIn(line);
    if (frames.length === 0) traces.push([]);
    else traces.at(-1)?.push(...frames);
  }
  return traces.filter(({ length }) => length > 0).map((frames) => ({ service, frames }));
};

/** Whatever the fields are called: Lambda, Powertools and we ourselves each have other names for them. */
const inValue = (value: Json, service: string | undefined): Trace[] => {
  if (typeof value === 'string') return inText(value, service);
  if (isArray(value)) {
    return value.every((item) => typeof item === 'string')
      ? inText(value.join('\n'), service)
      : value.flatMap((item) => inValue(item, service));
  }
  if (!isObject(value)) return [];
  const { service: own } = value;
  const by = typeof own === 'string' ? own : service;
  return Object.values(value).flatMap((member) => inValue(member, by));
};

const inText = (text: string, service: string | undefined): Trace[] => {
  const whole = parsed(text);
  if (whole !== undefined) return inValue(whole, service);
  const traces: Trace[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(documents)) {
    const value = parsed(found);
    if (value === undefined) continue;
    traces.push(...inLines(text.slice(end, index), service), ...inValue(value, service));
    end = index + found.length;
  }
  return [...traces, ...inLines(text.slice(end), service)];
};

/**
 * The stack traces in a text, in its order: as Node prints them, in log lines of CloudWatch with or without
 * time and stream before them, or in the JSON that the AWS CLI and the console give out.
 */
export const readTraces = (text: string): Trace[] => inText(text.replaceAll('\r', ''), undefined);
