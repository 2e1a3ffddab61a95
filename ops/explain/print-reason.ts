import { itemText } from './item-text.ts';
import type { ReconcileReason } from './settle-reasons.ts';

/** One reason of a settle, in a line for people. */
export const printReason = (reason: ReconcileReason, shorten: (sid: string) => string): string => {
  switch (reason.why) {
    case 'link-missing':
      return `segment ${shorten(reason.segment)} has no link yet: ${reason.media.tickets.join(', ')}`;
    case 'link-differs':
      return `segment ${shorten(reason.segment)} shows an older form of ${reason.media.tickets.join(', ')}`;
    case 'link-leaves':
      return `segment ${shorten(reason.segment)} no longer shows ${reason.media.tickets.join(', ')}`;
    case 'inherited-appeared':
      return `segment ${shorten(reason.segment)} lacks what appeared later: ${itemText(reason.media)}`;
    case 'inherited-gone':
      return `segment ${shorten(reason.segment)} still shows what was replaced: ${itemText(reason.media)}`;
    case 'order':
      return `segment ${shorten(reason.segment)} shows the same items, not in order or more than once`;
    case 'bookkeeping':
      return 'how it is written; no segment shows anything else for it';
    case 'evicted':
      return `there is no room for ${reason.tickets.join(', ')}: the oldest make room`;
  }
};
