import { promisify } from 'node:util';
import { gzip } from 'node:zlib';

/** A block ends at about this length before compression, bytes: a page reads one at a time. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks that are compressed at the same time, in threads of their own. */
const MAX_PENDING = 4;

const compress = promisify(gzip);
const NEWLINE = Buffer.from('\n');

/** Lines in compressed blocks, each of whole lines. */
export class CompressedBlocks {
  readonly #level: number;
  readonly #blocks: Promise<string>[] = [];
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(level: number) {
    this.#level = level;
  }

  /** Adds a line, without its newline. Waits while too much is to be compressed. */
  async add(line: Buffer): Promise<void> {
    this.#parts.push(line, NEWLINE);
    this.#bytes += line.length + 1;
    if (this.#bytes < BLOCK_BYTES) return;
    this.#endBlock();
    await this.#blocks.at(-MAX_PENDING);
  }

  /** Returns the blocks, in base64. */
  end(): Promise<string[]> {
    if (this.#bytes > 0) this.#endBlock();
    return Promise.all(this.#blocks);
  }

  #endBlock(): void {
    const text = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#bytes = 0;
    const block = compress(text, { level: this.#level }).then((data) => data.toString('base64'));
    block.catch(() => {}); // It is thrown by end.
    this.#blocks.push(block);
  }
}
