import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut into several: a program that writes no line ends must not fill the memory. */
const MAX_LINE_LENGTH = 1024 * 1024;

/** A line that a program wrote, or a piece of one. */
export interface OutputLine {
  text: string;
  /** True of each piece but the last of a line that is too long: the next line of the stream continues it. */
  continues?: true;
}

/** Calls `onLine` with each line of a program's output. */
export function readOutput(stream: Readable, onLine: (line: OutputLine) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const onText = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() as string;
    for (const line of lines) onLine({ text: line });
    if (rest.length < MAX_LINE_LENGTH) return;
    onLine({ text: rest, continues: true });
    rest = '';
  };
  stream.on('data', (chunk: Buffer) => onText(decoder.write(chunk)));
  stream.on('end', () => {
    const last = rest + decoder.end();
    if (last !== '') onLine({ text: last });
  });
}
