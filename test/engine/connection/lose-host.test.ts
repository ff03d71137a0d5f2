import { describe, expect, it } from 'vitest';
import type { Engine, EngineHost } from '../../../src/engine/connection/engine.ts';
import { loseHostOf, unavailableHosts } from '../../../src/engine/connection/engine-hosts.ts';
import { DevnetError } from '../../../src/shared/errors.ts';

/** The manager alpha, and beta; a container has the name of its host. */
function swarm(): Engine {
  const manager = { docker: 'alpha' } as unknown as Engine;
  const hosts = new Map<string, EngineHost>([
    ['alpha', { name: 'alpha', engine: manager }],
    ['beta', { name: 'beta', engine: { docker: 'beta' } as unknown as Engine }],
  ]);
  const lose = ({ name }: { name: string }, unavailable: string) => hosts.set(name, { name, engine: { unavailable } });
  const all = { list: () => [...hosts.values()], hostOf: (id: string) => hosts.get(id), lose };
  return { ...manager, hosts: all as unknown as Engine['hosts'] } as Engine;
}
const gone = new DevnetError('engine_gone', 'the connection was lost');

describe('a failure on a host of a swarm', () => {
  it('gives up the host where its engine is gone, and says why each time', () => {
    const engine = swarm();
    expect(loseHostOf(engine, 'beta', gone)).toBe('the connection was lost');
    expect(unavailableHosts(engine)).toEqual(['beta']);
    expect(loseHostOf(engine, 'beta', new DevnetError('engine_gone', 'again'))).toBe('the connection was lost');
  });

  it.each([
    ['another failure', 'beta', new DevnetError('engine_failed', 'no')],
    ['a failure of the manager', 'alpha', gone],
    ['a container that is on no host', 'elsewhere', gone],
  ])('gives up none for %s', (_, container, failure) => {
    const engine = swarm();
    expect(loseHostOf(engine, container, failure)).toBeUndefined();
    expect(unavailableHosts(engine)).toEqual([]);
  });
});
