import type { Engine } from '../../engine/connection/engine.ts';
import { type EngineFeatures, readEngineFeatures } from '../../engine/connection/engine-features.ts';
import {
  assertSupported,
  type Capability,
  type Requirement,
  type RuntimeName,
  UnsupportedError,
} from '../../network/capabilities.ts';

/** The feature of an engine that a capability of the containers runtime depends on. */
const NEEDED_FEATURES: ReadonlyMap<Capability, Exclude<keyof EngineFeatures, 'description' | 'alternative'>> = new Map([
  ['resource-limits', 'limits'],
  ['resource-usage', 'usage'],
  ['pause', 'pause'],
  ['link-conditions', 'hostBridges'],
  ['capture', 'hostBridges'],
] as const);

/** Returns the runtime that an engine's networks belong to. */
export function runtimeOf({ hosts }: Engine): Extract<RuntimeName, 'containers' | 'swarm'> {
  return hosts ? 'swarm' : 'containers';
}

/**
 * Refuses what this engine cannot do, before anything is changed. Not every engine can do all that the runtime can.
 * @throws UnsupportedError that names it, the engine, and an engine that can
 */
export async function assertEngineSupports(engine: Engine, requirements: readonly Requirement[]): Promise<void> {
  assertSupported(runtimeOf(engine), requirements);
  if (!requirements.some(({ capability }) => NEEDED_FEATURES.has(capability))) return;
  const features = await readEngineFeatures(engine);
  const unmet = requirements.filter(({ capability }) => {
    const feature = NEEDED_FEATURES.get(capability);
    return feature !== undefined && !features[feature];
  });
  if (unmet.length === 0) return;
  const { description, alternative } = features;
  throw new UnsupportedError(runtimeOf(engine), unmet, { description, alternative });
}
