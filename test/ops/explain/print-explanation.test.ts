import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { explainTask } from '../../../ops/explain/explain-task.ts';
import { MediaItem } from '../../../ops/explain/media-view.ts';
import { printExplanation } from '../../../ops/explain/print.ts';
import { rewrite } from '../../../shared/media/rewrite.ts';
import type { Reservation } from '../../../shared/messages/segments.ts';
import { Link } from '../../../shared/messages/ticket-change.ts';
import { account, failure, startEmulatorHarness } from '../command-line.ts';

const sid = `WT${'1'.repeat(32)}`;
const one: Reservation = { sid: `WR${'1'.repeat(31)}2`, status: 'completed' };
const two: Reservation = { sid: `WR${'1'.repeat(31)}3`, status: 'accepted' };
const link = { type: 'Referenced', url: 'https://acme.zendesk.com/7', title: 'Ticket 7' } as const;

const print = (attributes: string, on: readonly Reservation[], all = false) =>
  printExplanation(explainTask({ sid, attributes }, on, {}, all), pc.createColors(false));

describe('a printed explanation', () => {
  it('shows who manages an item, and what a reconcile would change and why', () => {
    const placed = { ticket: 'zendesk/7', version: '5', link, placed: true };
    const { attributes = '' } = rewrite('{}', [one], [placed]);
    const text = print(attributes, [one, two]);
    expect(text).toContain(
      '1. Referenced  Ticket 7  https://acme.zendesk.com/7  managed: zendesk/7',
    );
    expect(text).toContain(`segment ${two.sid} misses the link: zendesk/7`);
    expect(print(attributes, [one])).toContain('nothing: the Task is up to date');
  });

  it('says what to do about unreadable attributes', () => {
    expect(print('{', [one])).toMatch(/the attributes are not JSON\.\n.*Repair the attributes/);
    expect(print('{', [one])).not.toMatch(/up to date|none/);
  });

  it('escapes control characters of other writers', () => {
    const media = [{ type: 'Raw', url: 'https://a.example', title: '\u001b[2J\u009b\u202egnp' }];
    const text = print(JSON.stringify({ conversations: { media } }), [one], true);
    for (const character of '\u001b\u009b\u202e') expect(text).not.toContain(character);
    expect(text).toContain('hides everything else');
  });

  it('writes nothing and counts two reads', async () => {
    const { ops, emulator, twilio } = await startEmulatorHarness();
    const made = await twilio(`Workspaces/${account.workspaceSid}/Tasks`, {
      Attributes: '{"conversations":{"segment_link":"https://api.twilio.com/RE1"}}',
    });
    const { sid: task } = made as { sid: string };
    const { code, stdout, stderr } = await ops('explain', task);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${task}  pending`);
    const stats = await (await fetch(`${emulator.url}/_emulator/stats`)).json();
    expect(stats).toMatchObject({ calls: { fetchTask: 1, listReservations: 1, updateTask: 0 } });
  });

  it('says what to check if Twilio rejects the API key, and shows no credentials', async () => {
    const { ops } = await startEmulatorHarness({ apiSecret: 'the wrong secret' });
    const ended = await ops('explain', sid);
    expect(ended).toMatchObject(failure(`owns Workspace ${account.workspaceSid}`));
    expect(ended.stderr).not.toContain('wrong secret');
  });
});

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
