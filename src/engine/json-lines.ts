import type { Readable } from 'node:stream';
import { JsonLinesParser } from '../shared/json-lines.ts';

/** Parses a stream of JSON texts, one a line, as the engine sends events, statistics and progress. */
export async function* readJsonLines<T>(stream: Readable): AsyncGenerator<T> {
  const parser = new JsonLinesParser<T>();
  for await (const chunk of stream) yield* parser.push(chunk);
  yield* parser.end();
}
