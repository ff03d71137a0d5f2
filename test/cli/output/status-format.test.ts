import { describe, expect, test } from 'vitest';
import { formatStatus } from '../../../src/cli/output/status-format.ts';
import { findDrift } from '../../../src/network/links/drift.ts';
import type { NodeReport } from '../../../src/network/links/node-report.ts';
import {
  type LinkStatus,
  linkStatuses,
  type NetworkStatus,
  type NodeStatus,
} from '../../../src/network/network-status.ts';
import type { Link } from '../../../src/topology/index.ts';

interface Case {
  nodes: string[];
  links: Link[];
  /** Nodes that do not run. */
  stopped?: string[];
  /** Nodes that answer get_peers only. */
  silent?: string[];
}

/** A status as the nodes would report it: every link of a node that runs is up, with a round trip of 0.25 ms. */
function statusOf({ nodes, links, stopped = [], silent = [] }: Case): NetworkStatus {
  const names = new Map(nodes.map((name) => [`${name}:1`, name]));
  const reports = nodes.map((node): NodeReport => {
    if (stopped.includes(node)) return { node, source: 'down', peers: [] };
    const peers = links.flatMap(({ from, to }) => (from === node ? [`${to}:1`] : []));
    if (silent.includes(node)) return { node, source: 'get_peers', peers: peers.map((address) => ({ address })) };
    return { node, source: 'get_status', peers: peers.map((address) => ({ address, connected: true, rtt: 0.25 })) };
  });
  const drift = findDrift(links, names, reports);
  return {
    name: 'net',
    subnet: '10.64.0.0/24',
    internal: true,
    created: Date.now() / 1000 - 60,
    clockOffsetMs: 0,
    faults: [],
    nodes: nodes.map(
      (name): NodeStatus =>
        stopped.includes(name)
          ? { name, state: 'exited', exitCode: 137, address: `${name}:1` }
          : { name, state: 'running', address: `${name}:1`, uptime: 60 },
    ),
    links: linkStatuses(links, names, reports, drift),
    drift,
  };
}

const ring = (count: number): { nodes: string[]; links: Link[] } => {
  const nodes = Array.from({ length: count }, (_, index) => `n${index + 1}`);
  return { nodes, links: nodes.map((from, index) => ({ from, to: nodes[(index + 1) % count] as string })) };
};

describe('formatStatus', () => {
  test.each([{}, { all: true as const }])('formats the links of a full mesh of 500 nodes, %o', (options) => {
    const { nodes } = ring(500);
    const status = statusOf({ nodes, links: [] });
    const links = nodes.flatMap((from) =>
      nodes.flatMap((to): LinkStatus[] => (from === to ? [] : [{ from, to, state: 'up', rtt: 1, rttAgeMs: 5_000 }])),
    );
    const text = formatStatus({ ...status, links }, options);
    expect(text).toMatch(options.all ? /^n500 .*-> n1 1\.00 ms/m : /249,500 up; round trip 1\.00 ms .* 5\.0 s ago/);
  });

  test('lists the links of a node in one row, with their round trips', () => {
    const links = [
      { from: 'a', to: 'b' },
      { from: 'a', to: 'c' },
      { from: 'b', to: 'a' },
    ];
    const text = formatStatus(statusOf({ nodes: ['a', 'b', 'c'], links }));
    expect(text).toMatch(/^a +-> b 0\.25 ms +-> c 0\.25 ms$/m);
    expect(text).toMatch(/^b +-> a 0\.25 ms$/m);
    expect(text).toMatch(/✔ no drift: the graph is as declared$/m);
  });

  test('says where a node is that runs off its place, also among many that are summarized', () => {
    for (const { nodes, links } of [ring(3), ring(100)]) {
      const status = statusOf({ nodes, links });
      Object.assign(status.nodes[1] as NodeStatus, { misplacement: 'off its network' });
      const rows = formatStatus(status).split('\n');
      expect(rows.filter((row) => row.includes('network'))).toEqual([
        expect.stringMatching(/^n2 +running, off its network +n2:1 +1 min/),
      ]);
    }
  });

  test('breaks a row at the width of the terminal, with no line wider', () => {
    const links = ring(30)
      .nodes.slice(1)
      .map((to) => ({ from: 'n1', to }));
    const text = formatStatus(statusOf({ ...ring(30), links }), { width: 60 });
    const rows = text.split('\n').filter((line) => line.includes('-> '));
    expect(rows.length).toBeGreaterThan(8);
    expect(rows.every((row) => row.length <= 60)).toBe(true);
  });

  test('says how many links are listed only', () => {
    const text = formatStatus(statusOf({ ...ring(3), silent: ['n2'] }));
    expect(text).toContain('-> n3 listed');
    expect(text).toContain('✔ no drift: the graph is as declared, 1 link of it listed only');
  });

  test('does not call a network healthy while a fault is in force', () => {
    const faults = [{ name: 'split', description: 'cut n1 / n2' }];
    const text = formatStatus({ ...statusOf(ring(3)), faults });
    expect(text).toMatch(/^! no drift: the graph is as declared, but with 1 fault in force$/m);
  });

  test('calls a link dead when either end does not run', () => {
    const text = formatStatus(statusOf({ ...ring(4), stopped: ['n2'], silent: ['n1'] }));
    expect(text).toMatch(/^n1 +-> n2 dead$/m);
    expect(text).toMatch(/^n2 +-> n3 dead$/m);
    expect(text).toMatch(/^n3 +-> n4 0\.25 ms$/m);
  });

  test('names the fault that cuts a link', () => {
    const status = statusOf(ring(3));
    const links = status.links.map((link) => (link.from === 'n1' ? { ...link, cut: 'split-1' } : link));
    expect(formatStatus({ ...status, links })).toMatch(/^n1 +-> n2 cut by split-1$/m);
  });

  test('lists the faults in force, with times and who injected them', () => {
    const since = Date.parse('2026-01-31T12:00:05Z');
    const faults = [
      { name: 'split-1', description: 'cut n1 / n2', since, until: since + 30_000, by: 'ada@laptop' },
      { name: 'slow', description: 'link n2 <-> n3: delay 80ms' },
    ];
    const text = formatStatus({ ...statusOf(ring(3)), faults });
    expect(text).toMatch(/^split-1 +cut n1 \/ n2 +12:00:05 +12:00:35 +ada@laptop$/m);
    expect(text).toMatch(/^slow +link n2 <-> n3: delay 80ms +- +healed +-$/m);
    expect(formatStatus({ ...statusOf(ring(3)), faultsUnknown: 'no agent' })).toContain('not known: no agent');
  });

  test('of a large network lists what is wrong, and counts the rest', () => {
    const large = { ...ring(1000), stopped: ['n7'] };
    const text = formatStatus(statusOf(large));
    expect(text.split('\n').length).toBeLessThan(20);
    expect(text).toContain('nodes  999 running, 1 exited');
    expect(text).toContain('links  998 up, 2 dead; round trip 0.25 ms in the median, 0.25 ms at most');
    expect(text).toMatch(/^n7 +exited \(137\)/m);
    const status = statusOf(large);
    const aged = status.links.map((link, index) => ({ ...link, rttAgeMs: index }));
    expect(formatStatus({ ...status, links: aged })).toContain('at most\n');
    aged[9] = { ...aged[9]!, rttAgeMs: 12_345 };
    expect(formatStatus({ ...status, links: aged })).toContain('at most, measured up to 12 s ago\n');
    expect(text).not.toMatch(/^n8 /m);
    expect(formatStatus(statusOf(large), { all: true }).split('\n').length).toBeGreaterThan(2000);
    const some = formatStatus(statusOf(large), { only: ['n7'] });
    expect(some).toMatch(/^n6 +-> n7 dead$/m);
    expect(some).not.toMatch(/^n9 /m);
  });
});
