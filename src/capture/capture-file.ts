import { copyFile, type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { RunningNetwork } from '../network/running-network.ts';
import { unwritableError } from '../shared/files/file-error.ts';
import { createPrivateFolder, PRIVATE_FILE_MODE } from '../shared/files/private-folder.ts';
import { openCapture } from './open-capture.ts';

/** Size of a file before the next one is begun. The one before the current one is kept. */
const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Time that a packet takes to the file, milliseconds: the kernel hands over blocks. */
const PACKET_DELAY_MS = 1_500;

/** Name of the file that the packets of a network with `capture: true` are written to; a full one becomes `capture1.pcapng`. */
export const CAPTURE_FILE = 'capture.pcapng';

/** A capture of all packets of a network into files. */
export interface CaptureFile {
  readonly path: string;
  /** Copies the files as they are now, with the packets until now. @returns their names */
  copyTo(folder: string): Promise<string[]>;
  /** Ends the capture; the files are whole then, and stay. */
  close(): Promise<void>;
  /** Ends the capture and removes the files. */
  discard(): Promise<void>;
}

/**
 * Captures all packets of a network into files in a folder, until it is closed or the network is taken down.
 * @param onFailure called once when nothing more can be captured
 * @throws what `openCapture` throws; DevnetError `file_unwritable`, `disk_full`
 */
export async function startCaptureFile(
  network: RunningNetwork,
  folder: string,
  onFailure: (cause: unknown) => void,
): Promise<CaptureFile> {
  const path = join(folder, CAPTURE_FILE);
  const previous = join(folder, CAPTURE_FILE.replace('.', '1.'));
  const write = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw unwritableError(path, cause, 'devnet capture -w FILE.pcapng writes elsewhere');
    }
  };
  await write(() => createPrivateFolder(folder));
  await write(() => rm(previous, { force: true }));
  const ending = new AbortController();
  const { header, blocks } = await openCapture(network, { nodes: [], signal: ending.signal });
  const file = await write(() => PcapngFile.create(path, previous, header));
  const writing = (async () => {
    for await (const bytes of blocks) await write(() => file.append(bytes));
  })().catch(onFailure);
  const close = async () => {
    ending.abort();
    await writing;
    await file.close();
  };
  return {
    path,
    async copyTo(target) {
      await wait(PACKET_DELAY_MS);
      return file.copyTo(target);
    },
    close,
    async discard() {
      await close();
      for (const one of [path, previous]) await rm(one, { force: true });
    },
  };
}

/** A pcapng file, and the one before it. */
class PcapngFile {
  readonly #path: string;
  readonly #previous: string;
  readonly #header: Buffer;
  #handle: FileHandle;
  #size: number;
  #isRotated = false;
  /** One operation after the other, so that a copy has whole blocks only. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string, previous: string, header: Buffer, handle: FileHandle) {
    this.#path = path;
    this.#previous = previous;
    this.#header = header;
    this.#handle = handle;
    this.#size = header.length;
  }

  static async create(path: string, previous: string, header: Buffer): Promise<PcapngFile> {
    return new PcapngFile(path, previous, header, await createFile(path, header));
  }

  /** Appends whole blocks. */
  append(blocks: Buffer): Promise<void> {
    return this.#enqueue(async () => {
      if (this.#size + blocks.length > MAX_FILE_BYTES) await this.#rotate();
      await this.#handle.appendFile(blocks);
      this.#size += blocks.length;
    });
  }

  copyTo(folder: string): Promise<string[]> {
    return this.#enqueue(async () => {
      const files = this.#isRotated ? [this.#previous, this.#path] : [this.#path];
      for (const file of files) await copyFile(file, join(folder, basename(file)));
      return files.map((file) => basename(file));
    });
  }

  close(): Promise<void> {
    return this.#enqueue(() => this.#handle.close());
  }

  async #rotate(): Promise<void> {
    await this.#handle.close();
    await rename(this.#path, this.#previous);
    this.#isRotated = true;
    this.#handle = await createFile(this.#path, this.#header);
    this.#size = this.#header.length;
  }

  #enqueue<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}

async function createFile(path: string, header: Buffer): Promise<FileHandle> {
  // A new file: one that is there may have another mode, or be read at this moment.
  await rm(path, { force: true });
  const handle = await open(path, 'ax', PRIVATE_FILE_MODE);
  await handle.appendFile(header);
  return handle;
}
