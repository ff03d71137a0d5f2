import type { Engine } from './connection/engine.ts';
import { httpStatusOf, toEngineError, wrapEngineErrors } from './connection/engine-error.ts';

/** A named volume, created with the first container that mounts it. It outlives its containers. */
export interface VolumeSpec {
  name: string;
  labels: Record<string, string>;
}

/** Creates a volume; one that exists is left as it is. @throws DevnetError `engine_failed`, `disk_full` */
export async function createVolume(engine: Engine, { name, labels }: VolumeSpec): Promise<void> {
  await wrapEngineErrors(`create the volume ${name}`, () =>
    engine.docker.createVolume({ Name: name, Labels: labels, Driver: 'local' }),
  );
}

/** Returns the names of the volumes that carry all of `labels` (`key` or `key=value`). */
export async function listVolumes(engine: Engine, ...labels: string[]): Promise<string[]> {
  const { Volumes } = await wrapEngineErrors('list volumes', () =>
    engine.docker.listVolumes({ filters: { label: labels } }),
  );
  return (Volumes ?? []).map(({ Name }) => Name);
}

/** Removes a volume; one that is gone is no error. @throws DevnetError `engine_failed` when a container mounts it */
export async function removeVolume(engine: Engine, name: string): Promise<void> {
  try {
    await engine.docker.getVolume(name).remove();
  } catch (cause) {
    if (httpStatusOf(cause) !== 404) throw toEngineError(cause, `remove the volume ${name}`);
  }
}
