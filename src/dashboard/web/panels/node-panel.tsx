import { useEffect, useState } from 'preact/hooks';
import type { Snapshot } from '../../../recording/recording-event.ts';
import type { CommandResult } from '../../page/page-command.ts';
import type { GraphScene } from '../graph/graph-scene.ts';
import { toVisibleText } from '../log/visible-text.ts';
import { formatSpan, toMs } from '../state/time.ts';
import { useStore } from '../state/use-store.ts';
import { ActionButton, CommandPreview } from './action-button.tsx';
import { CloseButton } from './close-button.tsx';
import { formatMetric, metricLabel } from './format-metric.ts';

/** States that a recording finds in this time from its start were there before, milliseconds. */
const FIRST_LOOK_MS = 1_000;

/** A node: its state, its peers, what it counts, and what can be done to it. */
export function NodePanel({ name, snapshot, scene }: { name: string; snapshot: Snapshot; scene: GraphScene }) {
  const store = useStore();
  const [answer, setAnswer] = useState<{ node: string; result: CommandResult }>();
  const [message, setMessage] = useState({ type: 'gossip', payload: '' });
  useEffect(() => setAnswer(undefined), [name]);
  const state = snapshot.nodes.find((node) => node.name === name);
  const node = scene.nodes[scene.indexOf.get(name) ?? -1];
  const peers = snapshot.links.filter(({ from }) => from === name);
  const dialers = snapshot.links.filter(({ to, from }) => to === name && from !== name);
  const faults = snapshot.faults.filter(({ faults: injected = [] }) =>
    injected.some((fault) => 'node' in fault && fault.node === name),
  );
  const metrics = Object.entries(snapshot.samples).flatMap(([metric, values]) =>
    Object.hasOwn(values, name) ? [{ metric, value: values[name]! }] : [],
  );
  const startedMs = toMs(snapshot.recording?.started ?? '');
  const isRunning = state?.state === 'running';
  const isPaused = state?.state === 'paused';
  const counters = answer?.node === name && answer.result.ok ? countersOf(answer.result.detail) : undefined;
  return (
    <section class="details" aria-label={`Node ${name}`}>
      <h2>
        {name}
        <span class={`state ${isRunning ? 'good' : 'bad'}`}>{node?.text ?? 'not in the network at this moment'}</span>
        <span class="spring" />
        <CloseButton />
      </h2>
      {store.setup.mode === 'live' && (
        <>
          <div class="row">
            <ActionButton command={{ do: 'kill', node: name }} class="danger" disabled={!isRunning && !isPaused}>
              Kill
            </ActionButton>
            {isPaused ? (
              <ActionButton command={{ do: 'unpause', node: name }} needs="pause">
                Continue
              </ActionButton>
            ) : (
              <ActionButton command={{ do: 'pause', node: name }} needs="pause" disabled={!isRunning}>
                Pause
              </ActionButton>
            )}
            <ActionButton command={{ do: 'restart', node: name }} disabled={!isRunning}>
              Restart
            </ActionButton>
            <ActionButton command={{ do: 'heal', targets: [name] }} disabled={isRunning && faults.length === 0}>
              Heal
            </ActionButton>
          </div>
          <CommandPreview />
        </>
      )}
      <dl class="facts-list">
        {state?.address ? (
          <>
            <dt>Address</dt>
            <dd>{state.address}</dd>
          </>
        ) : null}
        {state ? (
          <>
            <dt>Since</dt>
            <dd>
              {formatSpan(Math.max(0, Math.round(store.atMs - toMs(state.since))))}
              {toMs(state.since) < startedMs + FIRST_LOOK_MS ? ' or longer' : ''}
            </dd>
          </>
        ) : null}
        {node && node.group >= 0 ? (
          <>
            <dt>Group</dt>
            <dd>{scene.groups[node.group]}</dd>
          </>
        ) : null}
        {faults.map((fault) => (
          <>
            <dt>Fault</dt>
            <dd>{fault.description}</dd>
          </>
        ))}
        {metrics.map(({ metric, value }) => (
          <>
            <dt title={metric}>{metricLabel(metric)}</dt>
            <dd>{formatMetric(metric, value)}</dd>
          </>
        ))}
      </dl>
      <div>
        <h3>
          Peers it dials ({peers.length}){dialers.length > 0 ? `, and ${dialers.length} that dial it` : ''}
        </h3>
        <table>
          <tbody>
            {peers.map(({ to, state: link, rtt, cut }) => (
              <tr key={to}>
                <td>
                  <button
                    type="button"
                    class="plain"
                    onClick={() => store.set({ selected: { kind: 'link', from: name, to } })}
                  >
                    → {to}
                  </button>
                </td>
                <td>{cut === undefined ? link : `cut by ${cut}`}</td>
                <td class="number">
                  {rtt === undefined || link !== 'up' ? '' : `${rtt.toFixed(rtt < 10 ? 2 : 0)} ms`}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {peers.length === 0 && <p class="note">none</p>}
      </div>
      {store.setup.mode === 'live' && (
        <>
          <div>
            <h3>Counters</h3>
            {counters ? (
              <dl class="facts-list">
                {Object.entries(counters).map(([key, value]) => (
                  <>
                    <dt>{key.replaceAll('_', ' ')}</dt>
                    <dd>{Number(value).toLocaleString('en')}</dd>
                  </>
                ))}
              </dl>
            ) : (
              <ActionButton
                command={{ do: 'send', node: name, type: 'get_status' }}
                disabled={!isRunning}
                onDone={(result) => result && setAnswer({ node: name, result })}
              >
                Ask the node
              </ActionButton>
            )}
          </div>
          <div>
            <h3>Send a message</h3>
            <form
              class="send"
              onSubmit={(event) => {
                event.preventDefault();
                const { type, payload } = message;
                const text = payload === '' && type === 'gossip' ? newGossip() : payload;
                void store
                  .act({ do: 'send', node: name, type, ...(text === '' ? {} : { payload: text }) })
                  .then((result) => result && setAnswer({ node: name, result }));
              }}
            >
              <input
                aria-label="Type of the message"
                list="message-types"
                value={message.type}
                onInput={({ currentTarget }) => setMessage({ ...message, type: currentTarget.value })}
              />
              <datalist id="message-types">
                {['gossip', 'ping', 'get_peers', 'get_status'].map((type) => (
                  <option key={type} value={type} />
                ))}
              </datalist>
              <input
                aria-label="Payload, JSON or text"
                placeholder={message.type === 'gossip' ? '{"id": "…", "data": "…"} – empty: a new one' : 'payload'}
                value={message.payload}
                onInput={({ currentTarget }) => setMessage({ ...message, payload: currentTarget.value })}
              />
              <button type="submit" class="button" disabled={!store.canAct || !isRunning || message.type === ''}>
                Send
              </button>
            </form>
            {answer?.node === name && answer.result.ok && answer.result.detail !== undefined && !counters ? (
              <pre class="reply">{toVisibleText(JSON.stringify(answer.result.detail, null, 1), 4_000)}</pre>
            ) : null}
          </div>
        </>
      )}
    </section>
  );
}

function newGossip(): string {
  const id = `page-${Date.now().toString(36)}`;
  return JSON.stringify({ id, data: 'hello' });
}

/** The counters in a node's `status`. */
function countersOf(reply: unknown): Record<string, number> | undefined {
  const payload = (reply as { payload?: { counters?: Record<string, number> } } | undefined)?.payload;
  return typeof payload?.counters === 'object' ? payload.counters : undefined;
}
