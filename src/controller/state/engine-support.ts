import type { Engine } from '../../engine/connection/engine.ts';
import { type EngineFeatures, readEngineFeatures } from '../../engine/connection/engine-features.ts';
import { type Capability, type Requirement, UnsupportedError } from '../../network/capabilities.ts';

/** The feature of an engine that a capability of the containers runtime depends on. */
const NEEDED_FEATURES: ReadonlyMap<Capability, Exclude<keyof EngineFeatures, 'description'>> = new Map([
  ['resource-limits', 'limits'],
  ['pause', 'pause'],
  ['link-conditions', 'hostBridges'],
] as const);

/**
 * Refuses what this engine cannot do, before anything is changed. Engines without root cannot do all that the runtime can.
 * @throws UnsupportedError that names it, the engine, and an engine that can
 */
export async function assertEngineSupports(engine: Engine, requirements: readonly Requirement[]): Promise<void> {
  if (!requirements.some(({ capability }) => NEEDED_FEATURES.has(capability))) return;
  const features = await readEngineFeatures(engine);
  const unmet = requirements.filter(({ capability }) => {
    const feature = NEEDED_FEATURES.get(capability);
    return feature !== undefined && !features[feature];
  });
  if (unmet.length === 0) return;
  const { description } = features;
  throw new UnsupportedError('containers', unmet, { description, alternative: 'an engine that runs as root' });
}
