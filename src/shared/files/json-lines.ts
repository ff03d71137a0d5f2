import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Parses JSON texts, one a line, from chunks that may end anywhere, even inside a character. Skips blank lines. */
export class JsonLinesParser<T> {
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';

  /** Takes a chunk and returns the values of the lines that it completes. Iterating throws SyntaxError at a line that is not JSON. */
  push(chunk: Buffer | string): Iterable<T> {
    const lines = (this.#rest + this.#decoder.write(chunk)).split('\n');
    this.#rest = lines.pop() as string;
    return parseLines<T>(lines);
  }

  /** Returns the value of a last line without a newline, if there is one. */
  end(): Iterable<T> {
    const last = this.#rest + this.#decoder.end();
    this.#rest = '';
    return parseLines<T>([last]);
  }
}

/** Parses lazily, so that the values before a broken line are delivered. */
function* parseLines<T>(lines: readonly string[]): Generator<T> {
  for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T;
}

/** Parses a stream of JSON texts, one a line. Iterating throws SyntaxError at a line that is not JSON. */
export async function* readJsonLines<T>(stream: Readable): AsyncGenerator<T> {
  const parser = new JsonLinesParser<T>();
  for await (const chunk of stream) yield* parser.push(chunk);
  yield* parser.end();
}
