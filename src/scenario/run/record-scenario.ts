import { describeFaults } from '../../network/faults/describe-fault.ts';
import type { NewEvent } from '../../recording/live-recording.ts';
import type { NetworkRecorder } from '../../recording/network-recorder.ts';
import { describeExpectation } from '../model/describe.ts';
import type { ScenarioNetwork } from './expectation-checks.ts';
import type { ScenarioEvent } from './scenario-events.ts';

/** Wraps a network so that the log that a scenario reads is recorded. */
export function withRecordedLog(network: ScenarioNetwork, recorder: Pick<NetworkRecorder, 'tee'>): ScenarioNetwork {
  const { name, runtime, topology, addresses, dialer } = network;
  return {
    name,
    runtime,
    topology,
    addresses,
    dialer,
    clockOffset: () => network.clockOffset(),
    nodes: () => network.nodes(),
    readLog: async (options) => recorder.tee(await network.readLog(options)),
    prepareFaults: (faults) => network.prepareFaults(faults),
    inject: (fault, id) => network.inject(fault, id),
  };
}

/** Returns an event of a scenario, as it is recorded. @param timeAgo returns the time some milliseconds ago */
export function toRecordingEvent(event: ScenarioEvent, timeAgo: (milliseconds: number) => string): NewEvent {
  switch (event.what) {
    case 'injected': {
      const { name, faults } = event;
      return { type: 'fault', name, description: describeFaults(faults), faults };
    }
    case 'healed':
      return { type: 'heal', name: event.name };
    case 'gossiped':
      return { type: 'step', description: `gossip from ${event.from}`, nodes: [event.from], gossip: event.id };
    case 'sent':
      return { type: 'step', description: `${event.type} to ${event.to}`, nodes: [event.to] };
    case 'unsent':
      return { type: 'step', description: `${event.type} to ${event.to}`, nodes: [event.to], failure: event.why };
    case 'judged': {
      const { name, expectation, met, at, seen } = event.outcome;
      return {
        type: 'verdict',
        ...(name === undefined ? {} : { name }),
        description: describeExpectation(expectation),
        met,
        since: timeAgo(event.at - at),
        seen,
      };
    }
  }
}
