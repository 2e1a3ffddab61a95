import type { About, ConversationView, MediaView } from '../parts.ts';

/** An item of a segment's media, as the conversation screen of Flex Insights shows it. */
export function Media(props: {
  about: About;
  item: MediaView;
  channel: ConversationView['channel'];
  /** The items that a Raw link hides because it is the first. */
  hidden: readonly MediaView[];
}) {
  const { about, item, channel, hidden } = props;
  const address = pageAddress(about, item);
  switch (item.type) {
    case 'VoiceRecording':
      return <Recording item={item} />;
    case 'ChatTranscript':
    case 'EmailTranscript':
      return <Transcript channel={channel} />;
    case 'Embedded':
      return <Embedded item={item} address={address} />;
    case 'Raw':
      return (
        <div class="frame">
          <p class="bar">{item.url} · Raw</p>
          <div class="page">
            <h3>{item.title}</h3>
            <p>
              The first item is a Raw link. Flex opens it in a new tab, and shows no other item of
              this segment.{' '}
              {hidden.length > 0 && `It hides ${hidden.map(({ title }) => title).join(', ')}.`}
            </p>
          </div>
        </div>
      );
    default:
      return (
        <div class="frame">
          <p class="bar">{item.url} · Referenced</p>
          <div class="page">
            <h3>{item.title}</h3>
            <p class="url">{item.url}</p>
            {address !== undefined && (
              <a class="button" href={address} target="_blank" rel="noreferrer">
                Open in a new tab
              </a>
            )}
          </div>
        </div>
      );
  }
}

function Recording({ item }: { item: MediaView }) {
  return (
    <div class="frame">
      <p class="bar">{item.url} · VoiceRecording</p>
      <div class="page">
        <h3>{item.title}</h3>
        {item.sound === undefined ? (
          <p>No sound.</p>
        ) : (
          // biome-ignore lint/a11y/useMediaCaption: it contains tones, and no words
          <audio controls preload="metadata" src={`/sounds/${item.sound}`} />
        )}
      </div>
    </div>
  );
}

const lines: Readonly<Record<'chat' | 'e-mail', readonly (readonly [string, string])[]>> = {
  chat: [
    ['Visitor', 'Hello, my card was charged twice.'],
    ['Ana', 'I am sorry to hear that. I open a ticket for it.'],
    ['Visitor', 'Thank you!'],
  ],
  'e-mail': [['Customer', 'My card was charged twice. Please see to it.']],
};

function Transcript({ channel }: { channel: ConversationView['channel'] }) {
  const spoken = lines[channel === 'e-mail' ? 'e-mail' : 'chat'];
  return (
    <dl class="transcript">
      {spoken.map(([who, text]) => (
        <div key={text}>
          <dt>{who}</dt>
          <dd>{text}</dd>
        </div>
      ))}
    </dl>
  );
}

function Embedded({ item, address }: { item: MediaView; address: string | undefined }) {
  return (
    <div class="frame">
      <p class="bar">{item.url} · Embedded</p>
      {address === undefined ? (
        <p class="page">This page is not one of the local CRMs.</p>
      ) : (
        <iframe title={item.title} src={address} sandbox="" />
      )}
      {item.refusesFrames && (
        <p class="bar">
          This CRM does not allow frames (X-Frame-Options), so the supervisor sees the box above.
          Set linkType Referenced for this source. doctor advises the same.
        </p>
      )}
    </div>
  );
}

/** The address of a link's local page: the same host as this page, and another port. */
function pageAddress({ crmPort }: About, { page }: MediaView): string | undefined {
  if (crmPort === undefined || page === undefined) return undefined;
  return `http://${location.hostname}:${crmPort}${page}`;
}
