import { expect, it } from 'vitest';
import { mergeCaptures } from '../../../src/controller/capture/merge-captures.ts';
import type { CapturedPart } from '../../../src/network/running-network.ts';

const host = (name: string) => ({ name, clockAheadMs: 0 });
const bytes = (text: string) => ({ bytes: Buffer.from(text) });

async function* capture(...parts: CapturedPart[]): AsyncGenerator<CapturedPart> {
  yield* parts;
}

const collect = async (parts: AsyncIterable<CapturedPart>) => {
  const found: CapturedPart[] = [];
  for await (const part of parts) if ('dropped' in part || part.bytes.length > 0) found.push(part);
  return found;
};

it('names the host of each part, and counts what was dropped on all of them once', async () => {
  const captures = [
    { source: host('alpha'), parts: capture(bytes('a1'), bytes('a2'), { dropped: 2 }) },
    { source: host('beta'), parts: capture(bytes('b1'), { dropped: 3 }) },
  ];
  let ended = 0;
  const parts = await collect(mergeCaptures(captures, () => ended++));
  const of = (name: string) =>
    parts.flatMap((part) => ('bytes' in part && part.source?.name === name ? part.bytes.toString() : []));
  expect(of('alpha')).toEqual(['a1', 'a2']);
  expect(of('beta')).toEqual(['b1']);
  expect(parts.filter((part) => 'dropped' in part)).toEqual([{ dropped: 5 }]);
  expect(parts.at(-1)).toEqual({ dropped: 5 });
  expect(ended).toBe(1);
});

it('fails with the failure of one host, and ends the others', async () => {
  const failing = (async function* (): AsyncGenerator<CapturedPart> {
    yield bytes('b1');
    throw new Error('beta failed');
  })();
  const captures = [
    { source: host('alpha'), parts: capture(bytes('a1')) },
    { source: host('beta'), parts: failing },
  ];
  let ended = 0;
  await expect(collect(mergeCaptures(captures, () => ended++))).rejects.toThrow('beta failed');
  expect(ended).toBe(1);
});

it('reads each capture to its end when the reader goes early', async () => {
  let isRead = false;
  const long = (async function* (): AsyncGenerator<CapturedPart> {
    for (let count = 0; count < 100; count++) yield bytes(`${count}`);
    isRead = true;
  })();
  for await (const _ of mergeCaptures([{ source: host('alpha'), parts: long }], () => {})) break;
  await expect.poll(() => isRead).toBe(true);
});
