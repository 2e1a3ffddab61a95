import * as z from 'zod';
import { jsonText } from '../../../shared/runtime/json-text.ts';
import { schemaVersion } from './cloud-event.ts';
import { streamTypes } from './event-types.ts';

/** The name of an event in Event Streams, of those that the twin knows. */
export const StreamType = z
  .string('must be the type of an event')
  .refine((type) => streamTypes.includes(type), 'must be the type of an event: see /v1/Types');

/** The latest where none is given, which is a guess. */
const Version = z
  .int('must be a version of the schema')
  .min(1)
  .max(schemaVersion, `must be at most ${schemaVersion}`);

/** One of the `Types` of a Subscription: the text of a JSON object. */
export const SubscribedType = jsonText(
  z.object({ type: StreamType, schema_version: Version.default(schemaVersion) }),
);

/** Body that adds an event to a Subscription. */
export const SubscribedEventForm = z.object({
  Type: StreamType,
  SchemaVersion: z.coerce.number().pipe(Version).default(schemaVersion),
});

/** Body that changes the version of one. */
export const SchemaVersionForm = SubscribedEventForm.omit({ Type: true });
