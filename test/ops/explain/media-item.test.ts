import { describe, expect, it } from 'vitest';
import { MediaItem } from '../../../ops/explain/media-view.ts';
import { Link } from '../../../shared/messages/ticket-change.ts';

describe('a media item', () => {
  it.each([
    { type: 'Raw', url: 'https://example.com/record-id', title: 'CRM Conversation Record' },
    { type: 'Embedded', url: 'https://example.com/tickets/ticket-id', title: 'Support Ticket' },
    { type: 'Referenced', url: 'https://externalsystem.com/record-id', title: 'External Ticket' },
    {
      type: 'VoiceRecording',
      url: 'https://exampleurl.com',
      start_time: 1574350320000,
      channels: ['customer', 'others'],
      title: 'Dual channel recording',
    },
    { type: 'VoiceRecording', url_provider: 'https://your_domain/?recording=RE1' },
    { type: 'ChatTranscript', sid: 'CH1' },
    { type: 'EmailTranscript', conversation_sid: 'CH1' },
    { conversation_sid: 'CH1' },
    { type: 'Hologram', anything: [1, { of: 'any kind' }] },
    { type: 'Referenced', url: 'https://example.com', field: 'of tomorrow' },
  ])('is read unchanged: $type', (item) => {
    expect(MediaItem.parse(item)).toEqual(item);
  });

  it("has a title also in the spelling of Twilio's own example", () => {
    expect(MediaItem.parse({ type: 'Raw', url: 'https://example.com', Title: 'A' })).toEqual({
      type: 'Raw',
      url: 'https://example.com',
      title: 'A',
    });
  });
});

describe('the link of a ticket', () => {
  const link = { type: 'Referenced', url: 'https://acme.zendesk.com/agent/tickets/1' };

  it('is a page that opens in a tab or a frame', () => {
    expect(Link.parse(link)).toEqual(link);
    expect(Link.parse({ ...link, type: 'Embedded' }).type).toBe('Embedded');
  });

  it.each([
    { ...link, url: 'http://acme.zendesk.com/agent/tickets/1' },
    { ...link, url: 'javascript:alert(1)' },
    { ...link, url: 'data:text/html,x' },
    { ...link, url: 'https://acme.zendesk.com/é' },
    { ...link, url: 'https://acme.zendesk.com/"x' },
    { ...link, url: `https://acme.zendesk.com/${'x'.repeat(1024)}` },
    { ...link, type: 'Raw' },
    { ...link, title: '' },
    { ...link, start_time: 1 },
  ])('is refused as %o', (refused) => {
    expect(Link.safeParse(refused).success).toBe(false);
  });
});
