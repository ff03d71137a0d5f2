import { defineConfig } from 'vitest/config';

// unit: pure code. sockets: nodes on loopback. engine: real containers. The first two run anywhere. Time limits are for tests
// that hang, so they are many times what the slowest test takes on a busy machine.

const MEMORY = 'test/node/limits/memory-under-flood.engine.test.ts';
// Run alone: one compares the memory of a node with a limit, the others leave rules in the kernel, which the agent of any other
// test's network removes when it starts.
const ALONE = [
  MEMORY,
  'test/behaviour/notes-of-start.engine.test.ts',
  'test/controller/links/leftover-rules.engine.test.ts',
];
// Minutes each, run by `npm run test:long`: every pair of faults, the contract once more over a control socket, which the process
// runtime's contract already passes through, and 400 nodes.
const LONG = [
  'test/behaviour/large-network.engine.test.ts',
  'test/controller/faults/fault-pairs.engine.test.ts',
  'test/runtimes/containers/over-socket.engine.test.ts',
  // On engines of their own, by `npm run test:swarm`.
  'test/runtimes/swarm/contract.engine.test.ts',
  'test/runtimes/swarm/lost-host.engine.test.ts',
  'test/runtimes/swarm/pull-image.engine.test.ts',
  'test/runtimes/swarm/scenario.engine.test.ts',
];
// Half a minute and more each, of what a change seldom breaks: packages, examples, swarms, mishaps of engines, random faults.
// `npm test` leaves them to continuous integration.
const SLOW = [
  MEMORY,
  'test/behaviour/engine-mishaps.engine.test.ts',
  'test/behaviour/packaged-examples.engine.test.ts',
  'test/behaviour/packed-package.engine.test.ts',
  'test/behaviour/random-faults-soak.engine.test.ts',
  'test/behaviour/sample-topologies.engine.test.ts',
  'test/behaviour/scenario-in-containers.engine.test.ts',
  'test/runtimes/swarm/swarm.engine.test.ts',
];
const skipped = [...(process.env.DEVNET_LONG ? [] : LONG), ...(process.env.DEVNET_SKIP_SLOW ? SLOW : [])];
// Needs a kernel with sch_netem, but no containers, so that it can run under a kernel that is started for it.
const NETEM = ['test/agents/netem/kernel/tc.engine.test.ts', 'test/behaviour/scenario-on-netem.engine.test.ts'];
const SOCKETS = [
  'test/node/**/*.test.ts',
  'test/spec/**/*.test.ts',
  'test/testing/**/*.test.ts',
  'test/runtimes/**/*.test.ts',
  'test/behaviour/**/*.test.ts',
  'test/dashboard/browser/*.test.ts',
  'test/dashboard/server/{dashboard-server,page-html}.test.ts',
  'test/agents/netem/control-socket.test.ts',
  'test/agents/tunnel/tunnel-agent.test.ts',
  'test/controller/lifecycle/{linear-work,down-without-host}.test.ts',
  'test/engine/network-lock.test.ts',
  'test/controller/faults/engine-without-limits.test.ts',
  'test/experiment/run/{process-runtime,workload}.test.ts',
  'test/network/{control-socket,peer-control}/*.test.ts',
  'test/network/reconcile/link-reconciler.test.ts',
  'test/cli/main.test.ts',
  'test/cli/output/standard-streams.test.ts',
  'test/cli/commands/network/up-in-process.test.ts',
  'test/cli/commands/experiment/run.test.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.engine.test.ts', ...SOCKETS],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'sockets',
          include: SOCKETS,
          exclude: ['test/**/*.engine.test.ts'],
          globalSetup: ['test/support/build.ts', 'test/support/runtime-folder.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/**/*.engine.test.ts'],
          exclude: [...ALONE, ...NETEM, ...skipped],
          globalSetup: ['test/support/engine-setup.ts', 'test/support/runtime-folder.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'netem',
          include: NETEM,
          globalSetup: ['test/support/build.ts', 'test/support/runtime-folder.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: 'alone',
          include: ALONE,
          exclude: skipped,
          globalSetup: ['test/support/engine-setup.ts', 'test/support/runtime-folder.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
