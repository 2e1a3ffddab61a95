import {
  type Columns,
  type InstanceOptions,
  servicenowInstance,
} from '../../../fixtures/servicenow/instance.ts';
import { callSid, standardSecret } from '../../crm-change/webhook.ts';
import { webhookOf } from './published-sender.ts';

export const sysId = '9d385017c611228701d22104cc95c371';
export const endpoint = 'https://api.example.com/webhooks/incidents';
const startsAt = Date.parse('2026-11-22T09:30:01Z');

export const incident: Columns = {
  sys_id: sysId,
  number: 'INC0010001',
  sys_mod_count: '7',
  sys_updated_on: '2026-11-22 09:30:00',
  u_twilio_sid: callSid,
  short_description: 'PHI chest pain since Monday',
  caller_id: 'PHI Jane Doe',
};

/** The system properties that the scripts need, for one table. */
export const properties = {
  'crm_media_sync.endpoint.incident': endpoint,
  'crm_media_sync.credential_alias': 'alias',
};

/** An instance that is set up as our page says. */
export const servicenow = (options: Partial<InstanceOptions> = {}) =>
  servicenowInstance({
    properties: { ...properties, 'crm_media_sync.sid_field': 'u_twilio_sid' },
    credentials: { alias: standardSecret },
    encoding: 'utf8',
    answer: () => ({ status: 202 }),
    startsAt,
    ...options,
  });

/** Our response to a request of the instance, and the changes on the queue. */
export const receiveFromServicenow = webhookOf(
  'incidents',
  {
    kind: 'servicenow',
    ticketUrl: 'https://acme.service-now.com/nav_to.do?uri=incident.do?sys_id={id}',
    taskAttribute: 'incident',
    titleFromCrm: true,
  },
  startsAt,
);
