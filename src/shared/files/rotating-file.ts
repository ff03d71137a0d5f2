import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { PRIVATE_FILE_MODE } from './private-folder.ts';

export interface RotatingFileOptions {
  /** Size of a file before the next one is begun, bytes. */
  maxBytes: number;
  /** Number of files that are kept, with the current one. */
  maxFiles: number;
}

const NEWLINE = 0x0a;

/**
 * A file of lines to append to. A full one is renamed: `log.jsonl` becomes `log1.jsonl`, `log1.jsonl` becomes `log2.jsonl`, and
 * the oldest is removed. Not for two writes at once.
 */
export class RotatingFile {
  readonly path: string;
  readonly #options: RotatingFileOptions;
  #handle: FileHandle;
  #size: number;

  private constructor(path: string, options: RotatingFileOptions, handle: FileHandle, size: number) {
    this.path = path;
    this.#options = options;
    this.#handle = handle;
    this.#size = size;
  }

  /** Opens a file, or creates it. @throws NodeJS.ErrnoException */
  static async open(path: string, options: RotatingFileOptions): Promise<RotatingFile> {
    const handle = await open(path, 'a+', PRIVATE_FILE_MODE);
    try {
      const { size } = await handle.stat();
      const file = new RotatingFile(path, options, handle, size);
      // An earlier process may have been killed, or the disk full, in the middle of a line.
      if (size > 0 && !(await endsWithNewline(handle, size))) await file.append('\n');
      return file;
    } catch (cause) {
      await handle.close();
      throw cause;
    }
  }

  /** Appends whole lines, all of them to the same file. @throws NodeJS.ErrnoException, after which the file is not usable */
  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    if (this.#size > 0 && this.#size + bytes.length > this.#options.maxBytes) await this.#rotate();
    await this.#handle.appendFile(bytes);
    this.#size += bytes.length;
  }

  /** Closes the file, and removes it if it is empty. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#size === 0) await rm(this.path, { force: true });
  }

  async #rotate(): Promise<void> {
    for (let number = this.#options.maxFiles - 2; number >= 0; number--) {
      await rename(this.#rotatedPath(number), this.#rotatedPath(number + 1)).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== 'ENOENT') throw cause;
      });
    }
    const full = this.#handle;
    this.#handle = await open(this.path, 'a', PRIVATE_FILE_MODE);
    this.#size = 0;
    await full.close();
  }

  #rotatedPath(number: number): string {
    if (number === 0) return this.path;
    const extension = extname(this.path);
    return `${this.path.slice(0, this.path.length - extension.length)}${number}${extension}`;
  }
}

async function endsWithNewline(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read({ buffer: Buffer.alloc(1), position: size - 1 });
  return buffer[0] === NEWLINE;
}
