import { expect, it } from 'vitest';
import type { Fault } from '../../../src/network/fault.ts';
import type { NodeState } from '../../../src/network/network-status.ts';
import { endedFaults } from '../../../src/recording/actions/ended-faults.ts';
import type { RecordingEvent, Snapshot } from '../../../src/recording/recording-event.ts';

const time = '2026-01-31T12:00:00.000000Z';
const node = (name: string, state: NodeState) => ({ name, state, address: '10.0.0.2:3000' });
const nodes = (...all: ReturnType<typeof node>[]): RecordingEvent => ({ type: 'nodes', time, nodes: all });
const fault = (...faults: Fault[]) => ({ name: 'f', description: '', since: time, faults });
const state = (known: ReturnType<typeof node>[], ...faults: Snapshot['faults']) => ({
  nodes: known.map((one) => ({ ...one, since: time })),
  faults,
});
const restart: RecordingEvent = { type: 'fault', time, ...fault({ kind: 'restart', node: 'n1' }), name: 'r' };
const kill = fault({ kind: 'kill', node: 'n1' });

it.each<[string, RecordingEvent, Pick<Snapshot, 'nodes' | 'faults'>, string[]]>([
  ['a killed node runs again', nodes(node('n1', 'running')), state([node('n1', 'exited')], kill), ['f']],
  ['a killed node is restarted at once', restart, state([node('n1', 'running')], kill), ['f']],
  [
    'a paused node runs again',
    nodes(node('n1', 'running')),
    state([node('n1', 'paused')], fault({ kind: 'pause', node: 'n1' })),
    ['f'],
  ],
  ['it was not seen to end yet', nodes(node('n1', 'running')), state([node('n1', 'running')], kill), []],
  ['another node runs again', nodes(node('n2', 'running')), state([node('n2', 'exited')], kill), []],
  [
    'one of two runs again',
    nodes(node('n1', 'running')),
    state(
      [node('n1', 'exited'), node('n2', 'exited')],
      fault(...['n1', 'n2'].map((name): Fault => ({ kind: 'stop', node: name }))),
    ),
    [],
  ],
  [
    'limits outlive the restart',
    restart,
    state([node('n1', 'exited')], fault({ kind: 'squeeze', node: 'n1', cpus: 0.1 })),
    [],
  ],
])('%s', (_, event, before, ended) => expect(endedFaults(event, before)).toEqual(ended));
