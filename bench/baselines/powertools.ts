import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel } from 'node:worker_threads';
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  IdempotencyItemNotFoundError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import {
  BasePersistenceLayer,
  IdempotencyRecord,
} from '@aws-lambda-powertools/idempotency/persistence';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { type Change, changeOf, taskSidsOf, workspace } from './client.ts';

/**
 * The sync that a good engineer writes in an afternoon: Powertools' batch processor and idempotency, the twilio
 * SDK, and `If-Match` with retries. It adds the link to each segment and keeps all other attributes. A change that
 * was applied before is not written again.
 */
export function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  config.registerLambdaContext(context);
  return processPartialResponse(event, apply, processor, {
    context,
    throwOnFullBatchFailure: false,
  });
}

type RecordFields = ConstructorParameters<typeof IdempotencyRecord>[0];

/**
 * Replaces DynamoDB by a map that all instances share. No SDK and no request is needed, so idempotency costs
 * nothing here. In AWS it costs two requests for each change.
 */
class MemoryPersistence extends BasePersistenceLayer {
  readonly #records = new Map<string, RecordFields>();
  readonly #others = new BroadcastChannel('idempotency');

  constructor() {
    super();
    this.#others.onmessage = (message: unknown) => {
      this.#records.set(...(message as { data: [string, RecordFields] }).data);
    };
    this.#others.unref();
  }

  protected async _getRecord(key: string): Promise<IdempotencyRecord> {
    const fields = this.#records.get(key);
    if (fields === undefined) throw new IdempotencyItemNotFoundError('not found');
    return new IdempotencyRecord(fields);
  }

  protected async _putRecord(record: IdempotencyRecord): Promise<void> {
    const { idempotencyKey } = record;
    const existing = this.#records.get(idempotencyKey);
    const known = existing === undefined ? undefined : new IdempotencyRecord(existing);
    const now = Date.now();
    const isAbandoned = (known?.inProgressExpiryTimestamp ?? now) < now;
    const status = known?.getStatus() ?? 'EXPIRED';
    if (known !== undefined && status !== 'EXPIRED' && !(status === 'INPROGRESS' && isAbandoned)) {
      throw new IdempotencyItemAlreadyExistsError('exists', known);
    }
    this.#save(record, 'INPROGRESS');
  }

  protected async _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.#save(record, 'COMPLETED');
  }

  protected async _deleteRecord({ idempotencyKey }: IdempotencyRecord): Promise<void> {
    this.#records.delete(idempotencyKey);
  }

  #save(record: IdempotencyRecord, status: 'INPROGRESS' | 'COMPLETED'): void {
    const { idempotencyKey, expiryTimestamp, inProgressExpiryTimestamp, responseData } = record;
    const fields: RecordFields = {
      idempotencyKey,
      status,
      ...(expiryTimestamp !== undefined && { expiryTimestamp }),
      ...(inProgressExpiryTimestamp !== undefined && { inProgressExpiryTimestamp }),
      ...(responseData !== undefined && { responseData }),
    };
    this.#records.set(idempotencyKey, fields);
    this.#others.postMessage([idempotencyKey, fields]);
  }
}

const processor = new BatchProcessor(EventType.SQS);

/** A redrive changes a message's id, so the key is the change itself. */
const config = new IdempotencyConfig({ eventKeyJmesPath: '[ticket, version, correlation]' });

const twilio = workspace();

const applyOnce = makeIdempotent(
  async (change: Change) => {
    const taskSids = await withRetries(() => taskSidsOf(change, twilio));
    // No Task was found. The error makes SQS deliver the message again.
    if (taskSids.length === 0) throw new Error(`no Task for ${change.ticket}`);
    await Promise.all(taskSids.map((sid) => withRetries(() => addLink(sid, change))));
    return 'applied';
  },
  { persistenceStore: new MemoryPersistence(), config },
);

async function apply(record: SQSRecord): Promise<void> {
  await applyOnce(changeOf(record));
}

const linkable = ['accepted', 'wrapping', 'completed'];

/**
 * Adds the link to each segment of a Task that does not have it.
 * @throws RestException: 412 if another writer was faster
 */
async function addLink(taskSid: string, { link }: Change): Promise<void> {
  const task = twilio.tasks(taskSid);
  const [{ body, headers }, reservations] = await Promise.all([
    task.fetchWithHttpInfo(),
    task.reservations.list(),
  ]);
  const attributes = JSON.parse(body.attributes);
  const before = JSON.stringify(attributes);
  const segments = reservations.filter(({ reservationStatus }) =>
    linkable.includes(reservationStatus),
  );
  attributes.reservation_attributes ??= {};
  for (const { sid } of segments) {
    const segment = attributes.reservation_attributes[sid] ?? {};
    const media: { url?: string }[] = segment.media ?? attributes.conversations?.media ?? [];
    const isThere = media.some(({ url }) => url === link.url);
    segment.media = isThere
      ? media.map((item) => (item.url === link.url ? link : item))
      : [...media, link];
    attributes.reservation_attributes[sid] = segment;
  }
  const after = JSON.stringify(attributes);
  if (after === before) return;
  await task.updateWithHttpInfo({ attributes: after, ifMatch: headers['etag'] ?? '' });
}

const maxTries = 12;

const baseDelayMs = 50;

const maxDelayMs = 2000;

/** Retries after a conflict, a rate limit or a failure of Twilio, with full jitter. */
async function withRetries<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const status = Number(Reflect.get(Object(error), 'status'));
      const mayRetry = status === 412 || status === 429 || status >= 500;
      if (!mayRetry || attempt + 1 >= maxTries) throw error;
      await sleep(Math.random() * Math.min(maxDelayMs, baseDelayMs * 2 ** attempt));
    }
  }
}
