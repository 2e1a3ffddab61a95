/** Every kind of source, under the name that `kind` has in a configuration. */
export { standardWebhooks as 'standard-webhooks' } from './standard-webhooks.ts';
export { zendesk } from './zendesk.ts';
