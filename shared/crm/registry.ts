/** All kinds of sources. The export's name is the value of `kind` in a configuration. */
export { dynamics } from './sources/dynamics.ts';

export { hubspot } from './sources/hubspot.ts';

export { intercom } from './sources/intercom.ts';

export { jira } from './sources/jira.ts';

export { salesforce } from './sources/salesforce.ts';

export { salesforceOutbound as 'salesforce-outbound' } from './sources/salesforce-outbound.ts';

export { servicenow } from './sources/servicenow.ts';

export { standardWebhooks as 'standard-webhooks' } from './sources/standard-webhooks.ts';

export { zendesk } from './sources/zendesk.ts';
