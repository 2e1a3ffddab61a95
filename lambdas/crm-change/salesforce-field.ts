import * as z from 'zod';

/** A setting that is the API name of a field of Case. */
export const salesforceField = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,79}$/,
    'must be the API name of a field of Case, e.g. Twilio_Conversation_SID__c',
  );
