import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createContext, Script } from 'node:vm';
import type { SenderResponse, Sent } from './published-sender.ts';

export type Operation = 'insert' | 'update' | 'delete';

/** The values of a record's columns, by name, as the database holds them. */
export type Columns = Readonly<{ [column: string]: string | null }>;

interface QueuedEvent {
  readonly name: string;
  readonly parm1: string;
  readonly parm2: string;
  /** Milliseconds since 1970. */
  readonly due: number;
}

export interface InstanceOptions {
  readonly properties: Readonly<{ [name: string]: string }>;
  /** The passwords of credentials, by the sys_id of their alias. */
  readonly credentials: Readonly<{ [alias: string]: string }>;
  /** What the platform makes of text, in a signature and in a body: not documented. */
  readonly encoding: 'utf8' | 'latin1';
  readonly answer: (sent: Sent) => SenderResponse;
  /** Milliseconds since 1970. */
  readonly startsAt: number;
}

const published = (name: string): string =>
  readFileSync(new URL(`../../../docs/sources/${name}`, import.meta.url), 'utf8');
const businessRule = new Script(published('servicenow-business-rule.js'));
const scriptAction = new Script(published('servicenow-script-action.js'));

/** A record as a script sees it. */
const glideRecord = (table: string, operation: Operation, columns: Columns) => ({
  operation: () => operation,
  getTableName: () => table,
  getUniqueValue: () => columns['sys_id'],
  getValue: (column: string) => columns[column] ?? null,
});

/**
 * A ServiceNow instance with the two scripts that we publish, and stand-ins for the objects that they
 * use, as the vendor's API reference describes those:
 * https://www.servicenow.com/docs/r/api-reference/server-api-reference/
 */
export const servicenowInstance = (options: InstanceOptions) => {
  const { properties, credentials, encoding, answer } = options;
  let now = options.startsAt;
  let events: readonly QueuedEvent[] = [];
  const sent: (Sent & { readonly method: string })[] = [];
  const logged: { readonly level: 'warn' | 'error'; readonly text: string }[] = [];

  class GlideDateTime {
    #ms = now;
    getNumericValue = () => this.#ms;
    addSeconds = (seconds: number) => {
      this.#ms += seconds * 1000;
    };
  }
  const log = (level: 'warn' | 'error') => (pattern: string, first: string, second: string) => {
    logged.push({ level, text: pattern.replace('{0}', first).replace('{1}', second) });
  };
  const queue = (name: string, parm1: string, parm2: string, due: number): void => {
    events = [...events, { name, parm1, parm2, due }];
  };
  const gs = {
    getProperty: (name: string, otherwise: string) => properties[name] ?? otherwise,
    eventQueue: (name: string, _record: null, parm1: string, parm2: string) =>
      queue(name, parm1, parm2, now),
    eventQueueScheduled: (
      name: string,
      _record: null,
      parm1: string,
      parm2: string,
      due: GlideDateTime,
    ) => queue(name, parm1, parm2, due.getNumericValue()),
    warn: log('warn'),
    error: log('error'),
  };

  class GlideCertificateEncryption {
    generateMac = (key: string, algorithm: string, data: string): string => {
      if (algorithm !== 'HmacSHA256') throw new Error(`no ${algorithm} here`);
      const mac = createHmac('sha256', Buffer.from(key, 'base64'));
      return mac.update(Buffer.from(data, encoding)).digest('base64');
    };
  }

  class RESTMessageV2 {
    #endpoint = '';
    #method = '';
    #body = '';
    readonly #headers = new Map<string, string>();
    setEndpoint = (endpoint: string) => {
      this.#endpoint = endpoint;
    };
    setHttpMethod = (method: string) => {
      this.#method = method.toUpperCase();
    };
    setHttpTimeout = () => undefined;
    setRequestHeader = (name: string, value: string) => {
      this.#headers.set(name.toLowerCase(), value);
    };
    setRequestBody = (body: string) => {
      this.#body = body;
    };
    execute = () => {
      const request = {
        url: this.#endpoint,
        method: this.#method,
        headers: this.#headers,
        body: Buffer.from(this.#body, encoding),
      };
      sent.push(request);
      const answered = answer(request);
      if (answered === 'no answer') throw new Error('Socket timeout');
      return { getStatusCode: () => answered.status, getBody: () => answered.response ?? '' };
    };
  }

  class StandardCredentialsProvider {
    getCredentialByAliasID = (alias: string) => ({
      getAttribute: (name: string) => (name === 'password' ? (credentials[alias] ?? null) : null),
    });
  }

  const globals = {
    gs,
    GlideDateTime,
    GlideCertificateEncryption,
    sn_ws: { RESTMessageV2 },
    sn_cc: { StandardCredentialsProvider },
  };

  return {
    /** What left the instance, and what it wrote into its log. */
    sent,
    logged,
    /** Events that are still in the queue. */
    events: () => events,

    /** Somebody inserts, updates or deletes a record. */
    save: (table: string, operation: Operation, columns: Columns, before?: Columns): void => {
      const current = glideRecord(table, operation, columns);
      // There is no such object for a record that was not there before.
      const previous = before === undefined ? null : glideRecord(table, operation, before);
      businessRule.runInContext(createContext({ ...globals, current, previous }));
    },

    /** The event queue works off what is due; the time goes on by so many minutes before. */
    advanceMinutes: (minutes = 0): void => {
      now += minutes * 60_000;
      const due = events.filter((event) => event.due <= now);
      events = events.filter((event) => event.due > now);
      for (const { parm1, parm2 } of due) {
        // Elements of a record, and not strings.
        const event = { parm1: { toString: () => parm1 }, parm2: { toString: () => parm2 } };
        scriptAction.runInContext(createContext({ ...globals, event }));
      }
    },

    /** What time it is there, in milliseconds since 1970. */
    now: () => now,
  };
};
