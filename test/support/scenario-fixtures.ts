import { describeFault } from '../../src/network/faults/describe-fault.ts';
import { describeExpectation } from '../../src/scenario/model/describe.ts';
import type { Scenario, TimedStep } from '../../src/scenario/model/scenario.ts';
import { parseScenario } from '../../src/scenario/parse/parse-scenario.ts';
import { schedule } from '../../src/scenario/schedule/schedule.ts';
import { parseTopology } from '../../src/topology/parse/parse-topology.ts';

/** Five nodes in a ring, in two groups. */
export const RING = 'nodes: [a, b, c, d, e]\nlinks: ring\ngroups: { left: [a, b, c], right: [d, e] }\n';

export const topology = (text = RING) => parseTopology(text, { file: 'net.yaml', name: 'net' });

/** Parses the steps of a scenario, YAML as it stands under `scenario:`. */
export function scenario(steps: string, net = RING): Scenario {
  return parseScenario(`scenario:\n${steps}`, { file: 'x.yaml', topology: topology(net) });
}

/** Schedules the steps of a scenario and describes each in one line. */
export function describeSchedule(steps: string, net = RING): string[] {
  return schedule(scenario(steps, net)).map(describeTimedStep);
}

function describeTimedStep(step: TimedStep): string {
  const at = `${step.at / 1000}s`;
  switch (step.do) {
    case 'inject':
      return `${at} ${step.name}: ${step.faults.map(describeFault).join('; ')}`;
    case 'heal':
      return `${at} heal ${step.names.join(', ')}`;
    case 'gossip':
      return `${at} gossip ${step.from}${'data' in step ? ` ${JSON.stringify(step.data)}` : ''}`;
    case 'send':
      return `${at} send ${step.to} ${step.type}${'payload' in step ? ` ${JSON.stringify(step.payload)}` : ''}`;
    case 'expect':
      return `${at} expect ${describeExpectation(step.expectation)}`;
  }
}
