/** Every kind of source, under the name that `kind` has in a configuration. */
export { dynamics } from './dynamics.ts';
export { hubspot } from './hubspot.ts';
export { intercom } from './intercom.ts';
export { jira } from './jira.ts';
export { salesforce } from './salesforce.ts';
export { salesforceOutbound as 'salesforce-outbound' } from './salesforce-outbound.ts';
export { servicenow } from './servicenow.ts';
export { standardWebhooks as 'standard-webhooks' } from './standard-webhooks.ts';
export { zendesk } from './zendesk.ts';
