import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { StackView } from '../parts.ts';
import { Activity } from './activity.tsx';
import { ConversationControls } from './conversation.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { Faults } from './faults.tsx';
import { seconds, TabList } from './parts.tsx';
import { Send } from './send.tsx';
import { DepthTable, StackSections } from './stack.tsx';
import { connect, type Store, useStore } from './store.ts';
import { Supervisor } from './supervisor.tsx';

/** The page of the console: send a webhook, see what the supervisor sees, follow what happens. */
function App() {
  const store = useStore();
  const { about, conversations } = store;
  const [chosen, setChosen] = useState<string>();
  const newest = conversations[0]?.sid;
  // A new conversation is selected at once.
  useEffect(() => setChosen(newest), [newest]);
  const selected = conversations.find(({ sid }) => sid === chosen) ?? conversations[0];

  if (about === undefined) {
    return <p class="loading">{store.isConnected ? 'Loading …' : 'Waiting for the console …'}</p>;
  }
  const isLocal = about.sources.length > 0;
  return (
    <>
      <a class="skip" href={isLocal ? '#send' : '#happened'}>
        Skip to the content
      </a>
      <Header store={store} />
      {isLocal ? (
        <main class="columns">
          <section id="send" aria-label="Send" tabIndex={-1}>
            <Send sources={about.sources} conversation={selected} />
            <hr />
            <ConversationControls conversation={selected} onStart={setChosen} />
          </section>
          <section id="supervisor" aria-label="What the supervisor sees" tabIndex={-1}>
            <Supervisor
              about={about}
              conversations={conversations}
              selected={selected}
              onSelect={setChosen}
            />
          </section>
          <section id="happened" aria-label="What happened" tabIndex={-1}>
            <Happened store={store} onSelect={setChosen} />
          </section>
        </main>
      ) : (
        <StackSections store={store} />
      )}
    </>
  );
}

function Header({ store: { about, stack, health, changes, isConnected } }: { store: Store }) {
  const lags = changes
    .flatMap(({ lagMs }) => (lagMs === undefined ? [] : [lagMs]))
    .slice(0, 60)
    .toSorted((one, other) => one - other);
  const at = (share: number) => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))];
  const state = isConnected ? (health?.state ?? 'good') : 'lost';
  return (
    <header>
      <h1>crm-media-sync</h1>
      <span class="pill soft">{about?.deployment}</span>
      {about !== undefined && about.sources.length > 0 && (
        <span class="pill soft wide">{about.sources.length} CRMs</span>
      )}
      {lags.length > 0 && (
        <span class="muted num wide">
          lag p50 {seconds(at(0.5) ?? 0)} · p99 {seconds(at(0.99) ?? 0)}
        </span>
      )}
      {stack !== undefined && <Place stack={stack} />}
      <div role="status" class={`health ${state}`}>
        {stack === undefined ? (
          <button type="button" popovertarget="health-details">
            <span class="dot" aria-hidden="true" />
            {isConnected ? health?.text : 'connection lost: is npm start running?'}
          </button>
        ) : (
          <span class="row">
            <span class="dot" aria-hidden="true" />
            {isConnected ? health?.text : 'connection lost: is npm run ops -- console running?'}
          </span>
        )}
      </div>
      {stack === undefined && (
        <div id="health-details" popover="auto" class="popover">
          <p>
            The console compares every accepted change with its Task. Each segment that an agent has
            accepted must show the ticket once, in its newest version.
          </p>
          {health?.violations.map((text) => (
            <p key={text} class="violation">
              {text}
            </p>
          ))}
        </div>
      )}
    </header>
  );
}

/** The account and region of a deployment, its operator, and whether sync runs. */
function Place({ stack: { region, account, identity, sync } }: { stack: StackView }) {
  return (
    <>
      <span class="muted">{region}</span>
      {account !== undefined && <span class="muted num">account {account}</span>}
      {identity !== undefined && (
        <span class="muted" title={identity}>
          you are {identity.split(':').at(-1)}
        </span>
      )}
      <span class={`pill ${sync === 'running' ? 'ok' : 'warn'}`}>sync {sync}</span>
    </>
  );
}

function Happened({ store, onSelect }: { store: Store; onSelect: (sid: string) => void }) {
  const [tab, setTab] = useState('activity');
  const { deadLetters, operation, faults, changes, depths } = store;
  const count = deadLetters.messages.length;
  const isFaulty =
    faults !== undefined &&
    (faults.outage || faults.rate > 0 || faults.webhooksStopped || faults.syncPaused);
  const tabs = [
    { id: 'activity', label: 'Activity' },
    {
      id: 'dead-letters',
      label: <>Dead letters {count > 0 && <span class="pill bad">{count}</span>}</>,
    },
    ...(faults === undefined
      ? []
      : [
          {
            id: 'faults',
            label: <>Faults {isFaulty && <span class="pill warn">on</span>}</>,
          },
        ]),
  ];
  const shown = tabs.some(({ id }) => id === tab) ? tab : 'dead-letters';
  return (
    <>
      <h2>3 · What happened</h2>
      <TabList
        name="happened"
        label="What happened"
        tabs={tabs}
        selected={shown}
        onSelect={setTab}
      />
      <div role="tabpanel" id={`happened-${shown}-panel`} aria-labelledby={`happened-${shown}`}>
        {shown === 'activity' && (
          <Activity changes={changes} conversations={store.conversations} onSelect={onSelect} />
        )}
        {shown === 'dead-letters' && (
          <div class="stack">
            <DeadLetters deadLetters={deadLetters} operation={operation} />
            {depths !== undefined && <DepthTable depths={depths} />}
          </div>
        )}
        {shown === 'faults' && faults !== undefined && (
          <Faults faults={faults} canPassTime={store.about?.canPassTime ?? false} />
        )}
      </div>
    </>
  );
}

connect();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
