import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from '../../../src/engine/streams/byte-queue.ts';

test('returns what was appended, whatever the sizes, and knows how much waits', () => {
  const step = fc.record({ append: fc.nat(200_000), takes: fc.nat(6), maxBytes: fc.integer({ min: 1, max: 100_000 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const queue = new ByteQueue();
      let [appended, taken] = [0, 0];
      const check = (bytes: Buffer | undefined) => {
        for (const byte of bytes ?? []) if (byte !== taken++ % 251) throw new Error(`byte ${taken - 1} is ${byte}`);
      };
      for (const { append, takes, maxBytes } of steps) {
        queue.append(Buffer.from(Uint8Array.from({ length: append }, (_, i) => (appended + i) % 251)));
        appended += append;
        for (let i = 0; i < takes; i++) {
          const bytes = queue.take(maxBytes);
          expect(bytes?.length ?? 0).toBeLessThanOrEqual(maxBytes);
          check(bytes);
        }
        expect(queue.length).toBe(appended - taken);
      }
      for (let bytes = queue.take(50_000); bytes; bytes = queue.take(50_000)) check(bytes);
      expect([taken, queue.length]).toEqual([appended, 0]);
    }),
    { numRuns: 30 },
  );
});
