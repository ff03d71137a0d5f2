import { DevnetError } from '../shared/errors.ts';
import type { Engine } from './connection/engine.ts';
import { wrapEngineErrors } from './connection/engine-error.ts';
import { containerHandle, engineOf } from './connection/engine-hosts.ts';

/** Limits of a container; an omitted one stays as it is. */
export interface ContainerLimits {
  /** Bytes; no swap on top. */
  memory?: number;
  /** Cores. */
  cpus?: number | 'all';
}

/** The part of a container's configuration that limits it, as engines write it. */
interface LimitFields {
  Memory?: number;
  MemorySwap?: number;
  NanoCpus?: number;
  CpuPeriod?: number;
  CpuQuota?: number;
}

/** Microseconds; the kernel's default. */
const CPU_PERIOD = 100_000;
/** Podman rounds to whole microseconds of a period. */
const CORES_PRECISION = 1e-3;

/**
 * Sets the limits of a container, and reads them back.
 * @param name for the error message only
 * @returns whether it had other limits
 * @throws DevnetError `engine_failed`
 */
export function updateContainerLimits(
  engine: Engine,
  id: string,
  name: string,
  limits: ContainerLimits,
): Promise<boolean> {
  return wrapEngineErrors(`limit ${name}`, async () => {
    const container = containerHandle(engine, id);
    const readLimits = async () => (await container.inspect()).HostConfig as LimitFields;
    const current = await readLimits();
    const cpus = await wantedCpus(engineOf(engine, id), limits.cpus, current);
    const wanted = { ...limits, cpus };
    if (hasLimits(current, wanted)) return false;
    await container.update(limitFields(engine, wanted));
    const after = await readLimits();
    if (hasLimits(after, wanted)) return true;
    const found = [after.Memory ? `${after.Memory} bytes` : 'all memory', `${coresOf(after) || 'all'} cpus`];
    throw new DevnetError(
      'engine_failed',
      `could not limit ${name}: the engine confirmed it, and still has ${found.join(' and ')}`,
    );
  });
}

/** An engine cannot remove this limit; as many cores as the machine has are no limit. */
async function wantedCpus(
  engine: Engine,
  cpus: ContainerLimits['cpus'],
  current: LimitFields,
): Promise<number | undefined> {
  if (cpus !== 'all') return cpus;
  return coresOf(current) > 0 ? (await engine.docker.info()).NCPU : undefined;
}

function hasLimits(found: LimitFields, { memory, cpus }: { memory?: number; cpus: number | undefined }): boolean {
  const hasMemory = memory === undefined || found.Memory === memory;
  return hasMemory && (cpus === undefined || Math.abs(coresOf(found) - cpus) < CORES_PRECISION);
}

/** Returns the cores of a container; 0 for all. Docker counts them in billionths, Podman in processor time for a period. */
function coresOf({ NanoCpus = 0, CpuQuota = 0, CpuPeriod = 0 }: LimitFields): number {
  if (NanoCpus > 0) return NanoCpus / 1e9;
  return CpuQuota > 0 && CpuPeriod > 0 ? CpuQuota / CpuPeriod : 0;
}

/** Podman ignores NanoCpus in an update; Docker refuses a quota where a container was created with NanoCpus. */
function limitFields(
  { flavour }: Engine,
  { memory, cpus }: { memory?: number; cpus: number | undefined },
): LimitFields {
  return {
    ...(memory === undefined ? {} : { Memory: memory, MemorySwap: memory }),
    ...(cpus === undefined
      ? {}
      : flavour === 'podman'
        ? { CpuPeriod: CPU_PERIOD, CpuQuota: Math.round(cpus * CPU_PERIOD) }
        : { NanoCpus: Math.round(cpus * 1e9) }),
  };
}
