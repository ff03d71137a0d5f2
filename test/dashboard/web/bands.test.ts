import { expect, it } from 'vitest';
import { RecordedRun } from '../../../src/dashboard/web/state/recorded-run.ts';
import { toMs } from '../../../src/dashboard/web/state/time.ts';
import { bandsOf } from '../../../src/dashboard/web/timeline/bands.ts';
import type { NodeState } from '../../../src/network/network-status.ts';
import type { RecordingEvent } from '../../../src/recording/recording-event.ts';
import { timeOf } from '../sample-run.ts';

const nodes = (ms: number, state: NodeState, ...names: string[]): RecordingEvent => ({
  type: 'nodes',
  time: timeOf(ms),
  nodes: names.map((name) => ({ name, state, address: '' })),
});

/** Returns the bands of a run as text. */
function bands(...events: RecordingEvent[]): string[] {
  const run = new RecordedRun();
  run.add([nodes(0, 'running', 'n1', 'n2', 'n3'), ...events]);
  const seconds = (ms: number | undefined) => (ms === undefined ? '' : (ms - toMs(timeOf(0))) / 1_000);
  return bandsOf(run).map(({ kind, description, fromMs, toMs: end }) => {
    return `${kind} ${description}: ${seconds(fromMs)}-${seconds(end)}`;
  });
}

const kill: RecordingEvent = {
  ...{ type: 'fault', time: timeOf(2_200), since: timeOf(2_100), name: 'kill-1', description: 'kill n1' },
  faults: [{ kind: 'kill', node: 'n1' }],
};

it('a node that does not run is a band, until it runs again', () => {
  expect(bands(nodes(2_000, 'exited', 'n1'), nodes(5_000, 'running', 'n1'), nodes(6_000, 'paused', 'n2'))).toEqual([
    'outage n1 ended: 2-5',
    'outage n2 paused: 6-',
  ]);
});

it('nodes that end together are one band, until all of them run', () => {
  const ended = nodes(2_000, 'exited', 'n1', 'n2');
  expect(bands(ended, nodes(3_000, 'running', 'n1'))).toEqual(['outage 2 nodes ended: 2-']);
  expect(bands(ended, nodes(3_000, 'running', 'n1'), nodes(4_000, 'running', 'n2'))).toEqual([
    'outage 2 nodes ended: 2-4',
  ]);
});

it('the fault that ended a node is its band, also where it is recorded a little later', () => {
  expect(bands(nodes(2_000, 'exited', 'n1'), kill, nodes(5_000, 'running', 'n1'))).toEqual(['fault kill n1: 2.1-']);
  expect(bands(nodes(2_000, 'exited', 'n1', 'n3'), kill)).toEqual(['outage n3 ended: 2-', 'fault kill n1: 2.1-']);
  // A later end has another reason.
  const healed: RecordingEvent = { type: 'heal', time: timeOf(4_000), name: 'kill-1' };
  expect(
    bands(nodes(2_000, 'exited', 'n1'), kill, healed, nodes(5_000, 'running', 'n1'), nodes(9_000, 'exited', 'n1')),
  ).toEqual(['fault kill n1: 2.1-4', 'outage n1 ended: 9-']);
});

it('a page that is opened later has those that began before', () => {
  const run = new RecordedRun();
  run.add([nodes(0, 'running', 'n1'), nodes(1_000, 'paused', 'n1')]);
  const later = new RecordedRun();
  later.add([{ type: 'snapshot', time: timeOf(9_000), snapshot: run.latest }]);
  expect(later.outages.list).toEqual([{ nodes: ['n1'], what: 'paused', fromMs: toMs(timeOf(1_000)) }]);
});
