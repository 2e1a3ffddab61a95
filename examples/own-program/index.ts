/** A Pulumi program of your own that creates crm-media-sync: README.md explains it. */
import { Config, getStack } from '@pulumi/pulumi';
// In your repository: '../crm-media-sync/infra/crm-media-sync.ts', from the git submodule beside your program.
import { CrmMediaSync } from '../../infra/crm-media-sync.ts';

const config = new Config();

// The name of each resource begins with this one. 35 characters at most.
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

/** All outputs: `npm run ops` reads them. */
export default tickets.outputs;
