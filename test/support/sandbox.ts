import { randomBytes } from 'node:crypto';
import { afterAll } from 'vitest';
import { down } from '../../src/controller/lifecycle/down.ts';
import { type UpOptions, type UpResult, up } from '../../src/controller/lifecycle/up.ts';
import { type NetworkState, observe } from '../../src/controller/state/network-state.ts';
import { connectEngine, type Engine } from '../../src/engine/connection/engine.ts';
import { parseTopology, type Topology } from '../../src/topology/index.ts';

/** Networks of one test file: their names are unique, and they are removed when the file is done. */
export interface Sandbox {
  engine: Engine;
  /** Makes a unique name and registers it for removal. */
  name(): string;
  /** Parses a topology and gives it a unique name. */
  topology(yaml: string): Topology;
  up(yaml: string, options?: UpOptions): Promise<UpResult>;
  observe(name: string): Promise<NetworkState | undefined>;
}

export async function sandbox(): Promise<Sandbox> {
  const engine = await connectEngine();
  const names: string[] = [];
  afterAll(async () => {
    for (const name of names) {
      const left = await observe(engine, name);
      if (left) await down(engine, left);
    }
  });
  const name = () => {
    const fresh = `t-${randomBytes(4).toString('hex')}`;
    names.push(fresh);
    return fresh;
  };
  const topology = (yaml: string) => ({ ...parseTopology(yaml, { file: 'test.yaml', name: 'test' }), name: name() });
  return {
    engine,
    name,
    topology,
    up: (yaml, options) => up(engine, topology(yaml), options),
    observe: (wanted) => observe(engine, wanted),
  };
}
