import { createContainer, listContainers, removeContainer, renameContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';
import type { Topology } from '../../topology/index.ts';
import { draftRecordName, encodeTopology, LABEL, labelsFor, recordContainerName } from './labels.ts';

/** A record that is not yet in force: while it stands, nobody else can bring up or change this devnet. */
export interface DraftRecord {
  id: string;
  name: string;
}

/**
 * Writes down what is about to be brought about.
 * @param image any that the engine holds: it is never run
 * @throws DevnetError `name_taken` when somebody else is at it
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
      // Never run; but the engine makes no container without something to run.
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
    `the devnet "${name}" is coming up or being changed, or was when its owner was killed`,
    {
      hint: `wait for the other one; or devnet down ${name} removes it; or --name brings up another beside it`,
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** Ids of the records that a draft is to replace: the same for as long as it stands. */
export async function findReplacedRecords(engine: Engine, { id, name }: DraftRecord): Promise<string[]> {
  const records = await listContainers(engine, `${LABEL.name}=${name}`, `${LABEL.role}=record`);
  return records.map((record) => record.id).filter((other) => other !== id);
}

/**
 * Puts a draft in force, in the place of the record there was.
 * @param older where they were looked up before
 */
export async function commitDraft(engine: Engine, draft: DraftRecord, older?: readonly string[]): Promise<void> {
  for (const id of older ?? (await findReplacedRecords(engine, draft))) await removeContainer(engine, id);
  await renameContainer(engine, draft.id, recordContainerName(draft.name));
}

/** Takes a draft back: what was in force before stays so. */
export async function discardDraft(engine: Engine, { id }: DraftRecord): Promise<void> {
  await removeContainer(engine, id);
}
