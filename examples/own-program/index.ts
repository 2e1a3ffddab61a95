/** A Pulumi program of your own that creates crm-media-sync. README.md explains it. */
import { Config, getStack } from '@pulumi/pulumi';
// In your repository, import '../crm-media-sync/infra/crm-media-sync.ts' from the git submodule beside your
// program.
import { CrmMediaSync } from '../../infra/crm-media-sync.ts';

const config = new Config();

// The first argument is the prefix of all resource names. It may have at most 35 characters.
const tickets = new CrmMediaSync(`tickets-${getStack()}`, {
  sources: {
    zendesk: {
      kind: 'zendesk',
      ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
      taskAttribute: 'zd_ticket_id',
      signingSecrets: config.require('zendeskSigningSecret'),
    },
  },
  twilio: {
    accountSid: config.require('twilioAccountSid'),
    workspaceSid: config.require('twilioWorkspaceSid'),
    apiKey: config.require('twilioApiKey'),
    apiSecret: config.require('twilioApiSecret'),
    authToken: config.require('twilioAuthToken'),
  },
  alarms: { email: 'oncall@example.com' },
});

/** `npm run ops` reads all outputs. */
export default tickets.outputs;
