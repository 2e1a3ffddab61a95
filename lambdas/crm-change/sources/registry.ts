import type { SourceConfig } from '../../../shared/config/source.ts';
import type { Source } from './source.ts';
import { standardWebhooks } from './standard-webhooks.ts';
import { zendesk } from './zendesk.ts';

/** The source for a configuration. A new kind is one file beside this one and one line here. */
export const openSource = (config: SourceConfig): Source => {
  switch (config.kind) {
    case 'zendesk':
      return zendesk(config);
    case 'standard-webhooks':
      return standardWebhooks;
  }
};
