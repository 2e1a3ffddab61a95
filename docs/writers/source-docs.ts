import type { SettingDocs } from './settings.ts';

type SettingText = Omit<SettingDocs, 'default'>;

const sidClause = 'with the Twilio SID';

/** The settings that all kinds have. The schemas have their defaults, and say whether they are required. */
export const sharedSettingDocs: Readonly<Record<string, SettingText>> = {
  kind: {
    description: 'The kind of CRM.',
    value: 'a kind below',
  },
  ticketUrl: {
    description: 'URL of the ticket page. `{id}` stands for the ticket id.',
    value:
      'an https URL, percent-encoded, with {id} once after the host, without user name and password',
  },
  allowedHosts: {
    description:
      'Hosts that links may point to. It must include the host of `ticketUrl`. Default: that host.',
    value: 'a list of lower-case host names',
  },
  linkType: {
    description:
      'How Flex opens the page: `Referenced` in a new tab, `Embedded` inside Flex, [if the CRM allows framing](link-type.md).',
    value: 'Referenced or Embedded',
  },
  title: {
    description: 'Title of the link; `{id}` as in `ticketUrl`. Flex Insights stores it: no PHI.',
    value: 'text of 100 characters at most',
  },
  titleFromCrm: {
    description: 'Whether to use titles that the CRM sends. They may hold PHI.',
    value: 'true or false',
  },
  taskAttribute: {
    description: 'Task attribute that holds the ticket id.',
    value: 'letters, digits and _, with a dot between keys',
  },
};

/** The signing secrets of the sources that send webhooks. */
export const signingSecretsDocs: SettingText = {
  description:
    'Signing secrets of the CRM. During a [rotation](changes.md#a-signing-secret): old and new. EventBridge sources have none.',
  value: 'a secret of at least 16 characters, or a list',
  secret: true,
};

/** The setting of the sources that send by EventBridge. */
export const partnerEventSourceDocs: SettingText = {
  description: 'Name of the partner event source in EventBridge.',
  value: 'aws.partner/…',
  example: 'aws.partner/salesforce.com/00Dxx0000001gPFEAY/0YLxx00000000zJOAQ',
};

export interface KindDocs {
  /** Its heading. */
  title: string;
  /** Name and ticket page in the example. */
  name: string;
  ticketUrl: string;
  /** A link to further reading. */
  note?: string;
  settings: Readonly<Record<string, SettingText>>;
}

/** Each kind, and its own settings. */
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
        description: 'Hub ID of the account. Events of others are ignored.',
        value: 'a number',
        example: 62515,
      },
      sidProperty: {
        description: `Internal name of the ticket property ${sidClause}.`,
        value: 'an internal name',
        example: 'twilio_sid',
      },
      webhookUrl: {
        description: 'The target URL in HubSpot, if a proxy changes the URL.',
        value: 'an https URL',
      },
    },
  },
  intercom: {
    title: 'Intercom',
    name: 'intercom',
    ticketUrl: 'https://app.intercom.com/a/apps/abc123de/conversations/{id}',
    settings: {
      appId: {
        description: 'Id of the workspace. Events of others are ignored.',
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
        description: 'Id of the organisation. Messages of others are rejected.',
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
          'The field that is the ticket id. `sys_id` never changes; people know `number`.',
        value: 'sys_id or number',
      },
    },
  },
  'standard-webhooks': {
    title: 'Any sender of Standard Webhooks',
    name: 'servicedesk',
    ticketUrl: 'https://desk.example.com/tickets/{id}',
    note: '[Freshdesk](sources/freshdesk.md) is one, with our app.',
    settings: {
      idPattern: {
        description:
          'Regular expression that the whole ticket id must match ([more](sources/standard-webhooks.md#ids)).',
        value: 'a regular expression of 100 characters at most',
      },
    },
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
