import { useRef } from 'preact/hooks';
import type { Snapshot } from '../../../recording/recording-event.ts';
import { toVisibleText } from '../log/visible-text.ts';
import { type GossipMessage, progressAt } from '../state/gossip-book.ts';
import { formatSpan, toMs } from '../state/time.ts';
import { useStore } from '../state/use-store.ts';
import { ActionButton, CommandPreview } from './action-button.tsx';

const MAX_MESSAGES = 8;
/** A message is played so that its way through the network takes about this long, milliseconds. */
const PLAYED_MS = 5_000;

/** What is shown while nothing is selected: faults, messages, and the scenario. */
export function NetworkPanel({ snapshot }: { snapshot: Snapshot }) {
  const store = useStore();
  const { faults, scenario } = snapshot;
  const messages = store.run.gossip.list
    .filter(({ firstMs }) => firstMs <= store.atMs)
    .slice(-MAX_MESSAGES)
    .reverse();
  const isLive = store.setup.mode === 'live';
  const nodeCount = snapshot.topology?.nodes.length ?? 0;
  return (
    <section class="details" aria-label="Network">
      {scenario && <ScenarioVerdicts scenario={scenario} />}
      <div>
        <h3>Faults in force ({faults.length})</h3>
        {faults.length === 0 && <p class="note">none{isLive ? ': choose a node or a link to make one' : ''}</p>}
        {faults.map(({ name, description, since, by }) => (
          <div class="fault" key={name}>
            <div>
              <b>{toVisibleText(description, 300)}</b>
              <div class="note">
                {toVisibleText(name, 80)}, for {formatSpan(Math.max(0, Math.round(store.atMs - toMs(since))))}
                {by ? `, by ${by}` : ''}
              </div>
            </div>
            <span class="spring" />
            {isLive && <ActionButton command={{ do: 'heal', targets: [name] }}>Heal</ActionButton>}
          </div>
        ))}
        {isLive && (
          <div class="row" style={{ marginTop: '6px' }}>
            <ActionButton command={{ do: 'heal', targets: [] }}>Heal everything</ActionButton>
            <RunScenario isRunning={scenario !== undefined && scenario.passed === undefined} />
          </div>
        )}
        {isLive && <CommandPreview />}
      </div>
      <div>
        <h3>Gossip</h3>
        {messages.length === 0 && <p class="note">no message yet{isLive ? ': choose a node to send one' : ''}</p>}
        {messages.length > 0 && (
          <table>
            <thead>
              <tr>
                <th>Message</th>
                <th class="number">Nodes</th>
                <th class="number">Hops</th>
                <th class="number">Took</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {messages.map((message) => (
                <MessageRow key={message.id} message={message} nodeCount={nodeCount} />
              ))}
            </tbody>
          </table>
        )}
      </div>
    </section>
  );
}

/** A button that runs a scenario from a file of the reader's. */
function RunScenario({ isRunning }: { isRunning: boolean }) {
  const store = useStore();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={!store.canAct || isRunning}
        title={`${store.setup.commandPrefix} run FILE --name ${store.setup.network}`}
        onClick={() => input.current?.click()}
      >
        {isRunning ? 'A scenario runs' : 'Run a scenario…'}
      </button>
      <input
        ref={input}
        type="file"
        accept=".yaml,.yml"
        hidden
        aria-label="File with a scenario"
        onChange={async ({ currentTarget }) => {
          const [file] = currentTarget.files ?? [];
          if (file) await store.act({ do: 'run', file: file.name, text: await file.text() });
          currentTarget.value = '';
        }}
      />
    </>
  );
}

function MessageRow({ message, nodeCount }: { message: GossipMessage; nodeCount: number }) {
  const store = useStore();
  const { id, receipts, firstMs, lastMs } = message;
  const { received, hops, tookMs } = progressAt(message, store.atMs);
  const isChosen = store.messageId === id;
  const play = () => {
    store.set({ messageId: id, speed: Math.max(1e-5, (lastMs - firstMs) / PLAYED_MS) });
    store.seek(firstMs - (lastMs - firstMs) * 0.05);
    store.play(true, lastMs + (lastMs - firstMs) * 0.1);
  };
  return (
    <tr class={isChosen ? 'chosen' : ''}>
      <td>
        <button
          type="button"
          class="plain one-line"
          aria-pressed={isChosen}
          title="Show which nodes have it, and over how many hops"
          onClick={() => store.set({ messageId: isChosen ? undefined : id })}
        >
          {toVisibleText(id, 40)}
        </button>
        <span class="meter" aria-hidden="true">
          <i style={{ width: `${nodeCount === 0 ? 0 : (100 * received) / nodeCount}%` }} />
        </span>
      </td>
      <td class="number">
        {received}/{nodeCount}
      </td>
      <td class="number">{hops}</td>
      <td class="number">{formatSpan(tookMs)}</td>
      <td class="number">
        <button
          type="button"
          class="button icon"
          title="Play its way through the network, slowly"
          aria-label={`Play the way of ${toVisibleText(id, 40)}`}
          disabled={receipts.length < 2}
          onClick={play}
        >
          ▶
        </button>
      </td>
    </tr>
  );
}

function ScenarioVerdicts({ scenario }: { scenario: NonNullable<Snapshot['scenario']> }) {
  const store = useStore();
  const { title, passed, failure, verdicts } = scenario;
  const state = passed === undefined ? 'running' : passed ? 'passed' : 'failed';
  return (
    <div>
      <h3>Scenario{title ? ` ${title}` : ''}</h3>
      <p>
        <b class={`state ${state === 'failed' ? 'bad' : state === 'passed' ? 'good' : ''}`}>
          {state === 'failed' ? '✕ failed' : state === 'passed' ? '✓ passed' : 'running'}
        </b>
        {failure ? <span class="note"> {toVisibleText(failure, 400)}</span> : null}
      </p>
      {verdicts.map(({ time, met, name, description, seen }) => (
        <div class="fault" key={`${time} ${description}`}>
          <b class={`state ${met ? 'good' : 'bad'}`}>{met ? '✓' : '✕'}</b>
          <div>
            <button type="button" class="plain" title="Go to this moment" onClick={() => store.seek(toMs(time))}>
              {toVisibleText(name ?? description, 300)}
            </button>
            {met ? null : <div class="note">seen: {toVisibleText(seen, 400)}</div>}
          </div>
        </div>
      ))}
    </div>
  );
}
