import { expect, it } from 'vitest';
import { findBridgePorts } from '../../../../src/agents/netem/kernel/bridge-ports.ts';
import type { RunTool } from '../../../../src/agents/netem/kernel/run-tool.ts';
import type { LinkState } from '../../../../src/agents/netem/state/link-state.ts';

// On loopback, since each node is sent a datagram.
const A = { name: 'a', address: '127.0.1.1', port: 3000, mac: '02:42:7f:00:01:01' };
const B = { name: 'b', address: '127.0.1.2', port: 3000, mac: '02:42:7f:00:01:02' };
const state = { bridge: 'br0', nodes: [A, B] } as unknown as LinkState;
const both = new Set([A.address, B.address]);

interface Tables {
  /** What the bridge has learned: the port of each hardware address. */
  learned: Record<string, string>;
  /** Hardware address by address. */
  neighbours?: Record<string, string | undefined>;
  ports?: string[];
}

/** The tools of a bridge; the first question is answered from the first tables, the next from the next, and so on. */
function bridge(...tables: [Tables, ...Tables[]]): RunTool {
  let questions = 0;
  const now = () => tables[Math.min(questions, tables.length) - 1] as Tables;
  return async (tool, args) => {
    if (tool === 'bridge') {
      const entries = Object.entries(now().learned).map(([mac, ifname]) => ({ mac, ifname, state: '' }));
      return JSON.stringify([...entries, { mac: B.mac, ifname: 'veth9', state: 'permanent' }]);
    }
    if (args.includes('neigh')) {
      const entries = Object.entries(now().neighbours ?? {});
      return JSON.stringify(entries.map(([dst, lladdr]) => (lladdr === undefined ? { dst } : { dst, lladdr })));
    }
    questions++;
    const { ports = ['veth1', 'veth2'] } = now();
    return JSON.stringify(ports.map((ifname) => ({ ifname, master: 'br0' })));
  };
}

it('finds ports by the hardware addresses of nodes', async () => {
  const run = bridge({ learned: { [A.mac]: 'veth1', [B.mac]: 'veth2' } });
  expect(await findBridgePorts(run, state, both)).toEqual(
    new Map([
      [A.address, 'veth1'],
      [B.address, 'veth2'],
    ]),
  );
});

it('finds the port of a node that has another hardware address than it was given', async () => {
  const other = '6e:00:00:00:00:01';
  const learned = { [A.mac]: 'veth1', [other]: 'veth2' };
  const run = bridge({ learned }, { learned, neighbours: { [B.address]: other } });
  expect((await findBridgePorts(run, state, both)).get(B.address)).toBe('veth2');
});

it('waits for a port whose node is unknown', async () => {
  const run = bridge({ learned: { [A.mac]: 'veth1' } }, { learned: { [A.mac]: 'veth1', [B.mac]: 'veth2' } });
  expect((await findBridgePorts(run, state, both)).get(B.address)).toBe('veth2');
});

it('finds none for a node that does not run', async () => {
  const run = bridge({ learned: { [A.mac]: 'veth1' }, neighbours: { [B.address]: undefined }, ports: ['veth1'] });
  expect(await findBridgePorts(run, state, both)).toEqual(new Map([[A.address, 'veth1']]));
});
