import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { captureInContainers } from '../../src/controller/capture/capture-container.ts';
import { startProbeContainer } from '../../src/controller/inspect/probe-container.ts';
import { findEngineSockets } from '../../src/controller/lifecycle/reaper/engine-socket.ts';
import { holdByContainer } from '../../src/controller/lifecycle/reaper/reaper-container.ts';
import { ensureTunnelContainer } from '../../src/controller/peers/tunnel-container.ts';
import { LABEL, type ResourceRole } from '../../src/controller/state/labels.ts';
import type { NetworkState, ObservedNode } from '../../src/controller/state/network-state.ts';
import { listContainers } from '../../src/engine/containers.ts';
import type { EngineNetwork } from '../../src/engine/networks.ts';
import { sandbox } from '../support/sandbox.ts';
import { until } from '../support/until.ts';

const box = await sandbox();
const { engine } = box;
/** The reaper is of a run of its own, which has nothing else that it could remove. */
const reaperRun = randomBytes(8).toString('hex');
const capturing = new AbortController();
let devnet: NetworkState;

beforeAll(async () => {
  ({ devnet } = await box.up('nodes: [a, b]\nlinks: [{ link: a <-> b, rate: 10mbit }]'));
});
afterAll(() => capturing.abort());

type Helper = Exclude<ResourceRole, 'network' | 'node'>;

/** Starts each container that is no node, unless `up` has. */
const HELPERS: Record<Helper, () => Promise<unknown>> = {
  record: async () => {},
  links: async () => {},
  relay: () => ensureTunnelContainer(engine, { ...devnet, network: devnet.network as EngineNetwork }),
  probe: () => startProbeContainer(engine, devnet, devnet.nodes[0] as ObservedNode),
  capture: () => captureInContainers(engine, devnet, { signal: capturing.signal }),
  reaper: async () => {
    const [socket] = await findEngineSockets(engine);
    await holdByContainer(engine, reaperRun, socket as string);
  },
};

it.each(Object.entries(HELPERS))('the container %s ends at SIGTERM', async (role, start) => {
  await start();
  const run = role === 'reaper' ? reaperRun : devnet.run;
  const [helper] = await listContainers(engine, `${LABEL.run}=${run}`, `${LABEL.role}=${role}`);
  const container = engine.docker.getContainer(helper?.id as string);
  let exitCode: number | undefined;
  const ended = container.wait().then(({ StatusCode }: { StatusCode: number }) => {
    exitCode = StatusCode;
  });
  // A program that has only just started has no listener yet, so the signal is sent until it ends, without SIGKILL after that.
  await until(
    async () => {
      await container.kill({ signal: 'SIGTERM' }).catch(() => {});
      return exitCode;
    },
    'its end',
    { timeoutMs: 5_000 },
  );
  await ended;
  expect(exitCode).toBe(0);
});
