import type { Engine } from '../../engine/engine.ts';
import { type EngineAbilities, readEngineAbilities } from '../../engine/engine-abilities.ts';
import { type Capability, type Requirement, UnsupportedError } from '../../network/capabilities.ts';

/** The ability of an engine that a capability of the containers runtime depends on. */
const NEEDED_ABILITIES: ReadonlyMap<Capability, Exclude<keyof EngineAbilities, 'description'>> = new Map([
  ['resource-limits', 'limits'],
  ['pause', 'pause'],
  ['link-conditions', 'hostBridges'],
] as const);

/**
 * Refuses what this engine cannot do, before anything is changed. Engines without root cannot do all that the runtime can.
 * @throws UnsupportedError that names it, the engine, and an engine that can
 */
export async function assertEngineSupports(engine: Engine, requirements: readonly Requirement[]): Promise<void> {
  if (!requirements.some(({ capability }) => NEEDED_ABILITIES.has(capability))) return;
  const abilities = await readEngineAbilities(engine);
  const unmet = requirements.filter(({ capability }) => {
    const ability = NEEDED_ABILITIES.get(capability);
    return ability !== undefined && !abilities[ability];
  });
  if (unmet.length === 0) return;
  const { description } = abilities;
  throw new UnsupportedError('containers', unmet, { description, alternative: 'an engine that runs as root' });
}
