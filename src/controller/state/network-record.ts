import { createContainer, listContainers, removeContainer, renameContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { draftRecordName, encodeTopology, failedRecordName, LABEL, labelsFor, recordContainerName } from './labels.ts';

// A record is a container that never starts and whose label holds a topology. A network has one in force, created first and
// removed last. While a network changes it also has a draft: the engine gives away a container's name once, so the draft is
// the lock against a second change at the same time. The draft of an `up` that failed is kept as the failed record, until an
// `up` succeeds.

/** A record that is not in force yet. While it exists, no other process can change the network. */
export interface DraftRecord {
  id: string;
  name: string;
}

/**
 * Creates the draft of a topology.
 * @param image any image that the engine has: it never runs
 * @throws DevnetError `name_taken` when another process changes the network
 */
export async function createDraftRecord(
  engine: Engine,
  topology: Topology,
  run: string,
  image: string,
): Promise<DraftRecord> {
  const { name } = topology;
  try {
    const id = await createContainer(engine, {
      name: draftRecordName(name),
      image,
      // Never run, but the engine creates no container without a command.
      command: ['record'],
      hostname: name,
      env: {},
      labels: { ...labelsFor(name, run, 'record'), [LABEL.topology]: encodeTopology(topology) },
      memory: 8 * 1024 * 1024,
      pidsLimit: 1,
      writable: false,
      capabilities: [],
    });
    return { id, name };
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'name_taken') throw cause;
    throw changeInProgressError(name, cause);
  }
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
}

/** Removes a draft. The record in force stays. */
export async function discardDraft(engine: Engine, { id }: DraftRecord): Promise<void> {
  await removeContainer(engine, id);
}

/** Keeps a draft as the failed record, in place of an earlier one. The record in force stays. */
export async function keepFailedDraft(engine: Engine, { id, name }: DraftRecord): Promise<void> {
  const records = await listContainers(engine, `${LABEL.name}=${name}`, `${LABEL.role}=record`);
  const earlier = records.find((record) => record.name === failedRecordName(name));
  if (earlier) await removeContainer(engine, earlier.id);
  await renameContainer(engine, id, failedRecordName(name));
}
