import type { SettingDocs } from './settings.ts';

type SettingText = Omit<SettingDocs, 'default'>;

const sidClause = 'that holds a Twilio SID (Task, call or conversation)';

/** What is told of the settings that all kinds share. Their defaults, and what is required, are the schemas'. */
export const sharedSettingDocs: Readonly<Record<string, SettingText>> = {
  kind: {
    description: 'What CRM it is: one of the kinds below.',
    value: 'the name of a kind',
    example: 'zendesk',
  },
  ticketUrl: {
    description: "The ticket's page, where `{id}` stands for the ticket's id.",
    value: 'an https URL with {id} in it once, percent-encoded, without user name and password',
    example: 'https://acme.zendesk.com/agent/tickets/{id}',
  },
  allowedHosts: {
    description:
      'Hosts that links may point to, where a CRM sends the URL of a ticket itself. Unset: the host of `ticketUrl`, which always has to be among them.',
    value: 'a list of lower-case host names',
    example: ['acme.zendesk.com'],
  },
  linkType: {
    description:
      'How Flex opens the page: `Referenced` in a new tab, `Embedded` within Flex (only where the CRM may be framed) ([more](link-type.md)).',
    value: 'Referenced or Embedded',
  },
  title: {
    description:
      "Title of the link; `{id}` stands for the ticket's id. It reaches Flex Insights: no PHI.",
    value: 'text of 100 characters at most',
  },
  titleFromCrm: {
    description: 'Whether a title that the CRM sends is used instead. It may hold PHI.',
    value: 'true or false',
  },
  taskAttribute: {
    description: "The Task attribute that holds the ticket's id.",
    value: 'letters, digits and _, with a dot between keys',
    example: 'zd_ticket_id',
  },
};

/** What is told of what an HTTP source is signed with. */
export const signingSecretsDocs: SettingText = {
  description:
    'What the CRM signs with: the present one first, then those that are being rotated out. No kind that comes by EventBridge has it.',
  value: 'a secret of 16 characters at least, or a list of such; each kind says more',
  secret: true,
};

/** What is told of what a source of EventBridge is. */
export const partnerEventSourceDocs: SettingText = {
  description:
    'The partner event source that EventBridge shows, which is also the name of its bus.',
  value: 'its name, aws.partner/…',
  example: 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ',
};

export interface KindDocs {
  /** What it is called. */
  readonly title: string;
  /** A name for such a source, and the page of a ticket. */
  readonly name: string;
  readonly ticketUrl: string;
  /** What else there is to read. */
  readonly note?: string;
  readonly settings: Readonly<Record<string, SettingText>>;
}

/** What is told of each kind, and of the settings that are its own. */
export const kindDocs: Readonly<Record<string, KindDocs>> = {
  dynamics: {
    title: 'Dynamics 365',
    name: 'dynamics',
    ticketUrl: 'https://acme.crm.dynamics.com/main.aspx?pagetype=entityrecord&etn=incident&id={id}',
    settings: {
      sidColumn: {
        description: `Logical name of the column of the case ${sidClause}.`,
        value: 'a logical name, in lower case',
        example: 'new_twiliosid',
      },
    },
  },
  hubspot: {
    title: 'HubSpot',
    name: 'hubspot',
    ticketUrl: 'https://app.hubspot.com/contacts/62515/record/0-5/{id}',
    settings: {
      portalId: {
        description:
          'The HubSpot account (Hub ID). One app may be installed in several, and events of others are ignored.',
        value: 'a number',
        example: 62515,
      },
      sidProperty: {
        description: `Internal name of the ticket property ${sidClause}.`,
        value: 'an internal name',
        example: 'twilio_sid',
      },
      webhookUrl: {
        description:
          'The target URL as it is entered in HubSpot, where a proxy calls us by another.',
        value: 'an https URL',
        example: 'https://hooks.example.com/webhooks/hubspot',
      },
    },
  },
  intercom: {
    title: 'Intercom',
    name: 'intercom',
    ticketUrl: 'https://app.intercom.com/a/apps/abc123de/conversations/{id}',
    settings: {
      appId: {
        description:
          'The id of the workspace. An app may be in several, and is told of all of them.',
        value: '1 to 32 letters and digits',
        example: 'abc123de',
      },
      sidAttribute: {
        description: `Name of the ticket attribute ${sidClause}.`,
        value: 'text of 256 characters at most',
        example: 'Twilio SID',
      },
    },
  },
  jira: {
    title: 'Jira',
    name: 'jira',
    ticketUrl: 'https://acme.atlassian.net/browse/{id}',
    settings: {
      sidField: {
        description: `Id of the custom field ${sidClause}.`,
        value: 'customfield_ and a number',
        example: 'customfield_10101',
      },
    },
  },
  salesforce: {
    title: 'Salesforce, Change Data Capture',
    name: 'salesforce',
    ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
    settings: {
      sidField: {
        description: `API name of the field of Case ${sidClause}.`,
        value: 'an API name',
        example: 'Twilio_Conversation_SID__c',
      },
    },
  },
  'salesforce-outbound': {
    title: 'Salesforce, Outbound Messages',
    name: 'cases',
    ticketUrl: 'https://acme.lightning.force.com/lightning/r/Case/{id}/view',
    settings: {
      organizationId: {
        description: 'The organisation whose messages are taken.',
        value: '00D and 12 or 15 characters more',
        example: '00Dxx0000001gPFEAY',
      },
      sidField: {
        description: `API name of the field of Case ${sidClause}.`,
        value: 'an API name',
        example: 'Twilio_Conversation_SID__c',
      },
    },
  },
  servicenow: {
    title: 'ServiceNow',
    name: 'incidents',
    ticketUrl: 'https://acme.service-now.com/nav_to.do?uri=incident.do?sys_id={id}',
    settings: {
      ticketId: {
        description:
          "What the ticket's id is: the record's `sys_id`, which nobody can change, or its `number`, which is what people know it by.",
        value: 'sys_id or number',
      },
    },
  },
  'standard-webhooks': {
    title: 'Any sender of Standard Webhooks',
    name: 'servicedesk',
    ticketUrl: 'https://desk.example.com/tickets/{id}',
    note: '[Freshdesk](sources/freshdesk.md) is one, with an app that we publish.',
    settings: {},
  },
  zendesk: {
    title: 'Zendesk',
    name: 'zendesk',
    ticketUrl: 'https://acme.zendesk.com/agent/tickets/{id}',
    settings: {
      sidField: {
        description: `Id of the ticket field ${sidClause}.`,
        value: 'a number',
        example: 360001234567,
      },
    },
  },
};
