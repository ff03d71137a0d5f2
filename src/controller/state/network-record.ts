import type { Engine } from '../../engine/connection/engine.ts';
import { startContainer } from '../../engine/container-lifecycle.ts';
import {
  type Container,
  createContainer,
  listContainers,
  removeContainer,
  renameContainer,
} from '../../engine/containers.ts';
import { IDLE_COMMAND } from '../../engine/idle-command.ts';
import { isBundledNodeImage } from '../../engine/images/node-image.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import {
  draftRecordName,
  encodeHosts,
  encodeTopology,
  failedRecordName,
  LABEL,
  labelsFor,
  recordContainerName,
  SWARM_LABELS,
} from './labels.ts';
import type { NetworkState } from './network-state.ts';

// A record is a container whose label holds a topology. A network has one in force, created first and removed last. While a
// network changes it also has a draft: the engine gives away a container's name once, so the draft is the lock against a
// second change at the same time. The draft of an `up` that failed is kept as the failed record, until an `up` succeeds.
//
// A record runs, though it only waits: pruning an engine removes every container that does not. It starts while the network is
// changed, so that it delays nothing, and runs before it is in force.

/** A record that is not in force yet. While it exists, no other process can change the network. */
export interface DraftRecord {
  id: string;
  /** Name of the network. */
  name: string;
  /** Resolves when it runs. A record that cannot be started is a record all the same. */
  started: Promise<void>;
}

/** Image of a record's container. */
export interface RecordImage {
  reference: string;
  /** True for the bundled image. A container of another one cannot wait, and is not started. */
  isBundled: boolean;
}

/** Memory limit of a record that waits, bytes. */
const RECORD_MEMORY_BYTES = 64 * 1024 * 1024;
const RECORD_MAX_PIDS = 32;

/**
 * Creates the draft of a topology.
 * @param hosts of the nodes, in a swarm
 * @throws DevnetError `name_taken` when another process changes the network
 */
export async function createDraftRecord(
  engine: Engine,
  topology: Topology,
  run: string,
  image: RecordImage,
  hosts: ReadonlyMap<string, string> = new Map(),
): Promise<DraftRecord> {
  const { name } = topology;
  try {
    const id = await createContainer(engine, {
      name: draftRecordName(name),
      image: image.reference,
      entrypoint: IDLE_COMMAND,
      hostname: name,
      env: {},
      labels: {
        ...labelsFor(name, run, 'record'),
        [LABEL.topology]: encodeTopology(topology),
        ...(engine.hosts ? { ...SWARM_LABELS, [LABEL.hosts]: encodeHosts(hosts) } : {}),
      },
      memory: RECORD_MEMORY_BYTES,
      pidsLimit: RECORD_MAX_PIDS,
      user: '1000:1000',
      writable: false,
      capabilities: [],
    });
    // The image of other nodes may have nothing that waits.
    const started = image.isBundled ? startContainer(engine, id, `the record of ${name}`) : Promise.resolve();
    return { id, name, started: started.catch(() => {}) };
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    throw changeInProgressError(name, cause);
  }
}

/**
 * Starts the records of a network that do not run, as after a restart of the engine. One that cannot be started is a record all
 * the same.
 */
export async function startRecords(engine: Engine, { name, containers, recordIds }: NetworkState): Promise<void> {
  const ended = containers.filter(
    ({ id, image, state }) => recordIds.includes(id) && state !== 'running' && isBundledNodeImage(image),
  );
  await Promise.all(ended.map(({ id }) => startContainer(engine, id, `the record of ${name}`).catch(() => {})));
}

/** Returns the image for the next record of a network: that of the one in force. */
export function recordImageOf({ name, containers, recordIds }: NetworkState): RecordImage {
  const records = containers.filter(({ id }) => recordIds.includes(id));
  const inForce = records.find((record) => record.name === recordContainerName(name)) ?? records[0];
  const { image, imageId } = (inForce ?? containers[0]) as Container;
  return { reference: imageId, isBundled: inForce !== undefined && isBundledNodeImage(image) };
}

export function changeInProgressError(name: string, cause?: unknown): DevnetError {
  return new DevnetError(
    'name_taken',
    `another command is bringing up or changing the network "${name}", or was killed while it did`,
    {
      hint: `wait for it; or remove the network with devnet down ${name}; or bring up another one with --name NAME`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** Returns the ids of the records that a draft replaces. They stay the same as long as the draft exists. */
export async function findReplacedRecords(engine: Engine, { id, name }: DraftRecord): Promise<string[]> {
  const records = await listContainers(engine, `${LABEL.name}=${name}`, `${LABEL.role}=record`);
  return records.map((record) => record.id).filter((other) => other !== id);
}

/**
 * Puts a draft in force, in place of all other records.
 * @param replaced @default looked up, see {@link findReplacedRecords}
 */
export async function commitDraft(engine: Engine, draft: DraftRecord, replaced?: readonly string[]): Promise<void> {
  for (const id of replaced ?? (await findReplacedRecords(engine, draft))) await removeContainer(engine, id);
  await renameContainer(engine, draft.id, recordContainerName(draft.name));
  await draft.started;
}

/** Removes a draft. The record in force stays. */
export async function discardDraft(engine: Engine, { id, started }: DraftRecord): Promise<void> {
  await started;
  await removeContainer(engine, id);
}

/** Keeps a draft as the failed record, in place of an earlier one. The record in force stays. */
export async function keepFailedDraft(engine: Engine, draft: DraftRecord): Promise<void> {
  const { id, name } = draft;
  const records = await listContainers(engine, `${LABEL.name}=${name}`, `${LABEL.role}=record`);
  const earlier = records.find((record) => record.name === failedRecordName(name));
  if (earlier) await removeContainer(engine, earlier.id);
  await renameContainer(engine, id, failedRecordName(name));
  await draft.started;
}
