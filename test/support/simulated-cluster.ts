import { connectEngine, type Engine, type EngineHost } from '../../src/engine/connection/engine.ts';

/** What is free on each simulated host. */
const HOST_ROOM = { memoryBytes: 64 * 1024 ** 3, cores: 16 };

/** Returns the first of some simulated engines, with a host for each behind it, as connecting to a swarm does. */
export async function connectSimulatedCluster(sockets: readonly string[]): Promise<Engine> {
  const engines = await Promise.all(
    sockets.map((socket) => connectEngine({ host: `unix://${socket}`, origin: 'the simulation' })),
  );
  const hosts = engines.map((engine, index): EngineHost => ({ name: `host-${index + 1}`, engine }));
  const places = new Map<string, EngineHost>();
  return {
    ...(engines[0] as Engine),
    hosts: {
      agents: 'simulated',
      list: () => hosts,
      hostOf: (id) => places.get(id),
      note: (id, host) => void places.set(id, host),
      lose: ({ name }, reason) => {
        hosts.splice(
          hosts.findIndex((host) => host.name === name),
          1,
          { name, engine: { unavailable: reason } },
        );
      },
      copyImage: async () => {},
      readRoom: async () => new Map(hosts.map(({ name }) => [name, HOST_ROOM])),
      removeUnused: async () => {},
    },
  };
}
