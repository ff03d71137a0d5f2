// Runs beside a process that brought a network up in containers, and outlives it. Its standard input has the journal, line by
// line; when that ends without a dismissal, the process has ended and the network is still up, held by the reaper's connection,
// which this process shares. It then writes the artifacts; when it ends, the reaper removes the network.
import { text } from 'node:stream/consumers';
import { DISMISSAL } from '../artifacts/last-dump.ts';

const [name, folder] = process.argv.slice(2) as [string, string];

const lines = (await text(process.stdin)).split('\n').filter((line) => line !== '');
if (lines.at(-1) !== DISMISSAL) {
  const { dumpLeftNetwork } = await import('./dump-left-network.ts');
  await dumpLeftNetwork(name, folder, lines);
}
