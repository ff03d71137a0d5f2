import { describe, expect, it } from 'vitest';
import { CONTROLLER, type LogEntry } from '../../src/network/log-entry.ts';
import { applyEvent, EMPTY_SNAPSHOT } from '../../src/recording/apply-event.ts';
import { LogRecording } from '../../src/recording/log-recording.ts';
import type { RecordingEvent, Snapshot } from '../../src/recording/recording-event.ts';
import { parseTopologyObject } from '../../src/topology/index.ts';

const topology = parseTopologyObject(
  { name: 'small', nodes: { n1: { env: { TOKEN: 'secret' } }, n2: {} }, links: ['n1 <-> n2'] },
  { file: 'small' },
);
const network = {
  name: 'small',
  runtime: 'containers' as const,
  topology,
  addresses: new Map([
    ['n1', { host: '10.0.0.2', port: 3_000 }],
    ['n2', { host: '10.0.0.3', port: 3_000 }],
  ]),
};
const at = (second: number) => `2026-01-31T12:00:${String(second).padStart(2, '0')}.000000Z`;
const entry = (second: number, node: string, event: string, fields: Record<string, unknown> = {}): LogEntry => ({
  time: at(second),
  node,
  level: 'info',
  event,
  fields,
});

/** Makes a recording of a log and a journal. @returns its events, and the state after each */
function record(entries: LogEntry[], journal: object[] = []): { events: RecordingEvent[]; states: Snapshot[] } {
  const recording = new LogRecording(network, journal.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const text = entries.map((one) => recording.addEntries([one])).join('') + recording.end();
  const events = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordingEvent);
  let state = EMPTY_SNAPSHOT;
  const states = events.map((event) => {
    state = applyEvent(state, event);
    return state;
  });
  return { events, states };
}

describe('the recording that is made of a log', () => {
  it('begins with what was declared, without its secrets, and knows what the log tells', () => {
    const { events, states } = record([
      entry(1, 'n1', 'link_up', { peer: '10.0.0.3:3000', rtt_ms: 1 }),
      entry(2, CONTROLLER, 'node_ended', { of: 'n2', exit_code: 1 }),
    ]);
    expect(events[0]).toMatchObject({ type: 'recording', network: 'small', started: at(1) });
    expect(JSON.stringify(events)).not.toContain('secret');
    const [started, last] = [states[3] as Snapshot, states.at(-1) as Snapshot];
    expect(started.links.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
    expect(states.find(({ time }) => time === at(2))?.links[0]).toEqual({ from: 'n1', to: 'n2', state: 'up', rtt: 1 });
    expect(last.nodes).toMatchObject([{ state: 'running' }, { state: 'exited', exitCode: 1, since: at(2) }]);
    expect(last.links.map(({ state }) => state)).toEqual(['dead', 'dead']);
    expect(last.ended).toBe('stopped');
  });

  it('has faults and conditions as the link agent logs them', () => {
    const cut = { fault: 'split', action: 'cut', from: ['n1'], to: ['n2'] };
    const { events, states } = record([
      entry(1, CONTROLLER, 'link_conditions', { from: 'n1', to: 'n2', delay: 50 }),
      entry(2, CONTROLLER, 'fault_injected', cut),
      entry(2, CONTROLLER, 'fault_injected', { ...cut, from: ['n2'], to: ['n1'] }),
      entry(3, CONTROLLER, 'fault_healed', cut),
      entry(4, CONTROLLER, 'link_conditions', { from: 'n1', to: 'n2', cleared: true }),
    ]);
    expect(events.filter(({ type }) => type === 'fault' || type === 'heal')).toEqual([
      { type: 'fault', time: at(2), name: 'split', description: 'cut n1 -> n2' },
      { type: 'heal', time: at(3), name: 'split' },
    ]);
    expect(states.findLast(({ time }) => time === at(3))?.conditions).toEqual([{ from: 'n1', to: 'n2', delay: 50 }]);
    expect(states.at(-1)?.conditions).toEqual([]);
  });

  it('has what was done to the network, at its time, from the journal', () => {
    const journal = [
      { time: '2026-01-31T12:00:02.500Z', event: 'fault_injected', fault: 'kill-1', kind: 'kill', node: 'n2' },
      { time: '2026-01-31T12:00:03.000Z', event: 'send', to: 'n1', message_type: 'gossip', payload: { id: 'news' } },
      { time: '2026-01-31T12:00:04.000Z', event: 'fault_healed', fault: 'kill-1' },
      { time: '2026-01-31T12:00:05.000Z', event: 'failed', message: 'timed out' },
      { at: 3, what: 'judged' },
    ];
    const { events } = record(
      [entry(2, 'n1', 'listening'), entry(3, 'n1', 'gossip_received', { id: 'news' })],
      journal,
    );
    expect(events.slice(4).map(({ type, time }) => `${time.slice(17, 21)} ${type}`)).toEqual([
      '02.0 log',
      '02.5 fault',
      '02.5 nodes',
      '03.0 step',
      '03.0 log',
      '04.0 heal',
      '04.0 nodes',
      '05.0 verdict',
      expect.stringContaining('end'),
    ]);
    expect(events[5]).toMatchObject({ description: 'kill n2', faults: [{ kind: 'kill', node: 'n2' }] });
    expect(events.find(({ type }) => type === 'step')).toMatchObject({ gossip: 'news', nodes: ['n1'] });
  });
});
