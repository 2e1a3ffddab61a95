import type { Logger } from '@aws-lambda-powertools/logger';
import type { LinkOptions } from '../ticket-link.ts';
import { askPage } from './ask-page.ts';
import { createFraming } from './framing.ts';

/** What decides how a page is best shown, for as long as the function lives; each decision is logged. */
export const linkTypesOf = (logger: Pick<Logger, 'info'>): LinkOptions['linkTypeOf'] =>
  createFraming({
    askPage,
    now: Date.now,
    report: (decision) => logger.info('link type', { ...decision }),
  }).linkTypeOf;
