import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { encode } from '../../../src/protocol/index.ts';
import { cleanUp, dial, startNode } from '../../support/test-node.ts';
import { until } from '../../support/until.ts';

afterEach(cleanUp);

const unlimited = { messagesPerSecond: 1e9, messagesBurst: 1e9 };

// When a property fails, fast-check prints the seed and path of the smallest example.

test('a node keeps answering after any bytes, on the same connection after a blank line and on another one', async () => {
  const { address, logged } = await startNode({ limits: unlimited });
  const piece = fc.oneof(
    fc
      .constantFrom('{', '}', '[', ']', '"', '\\', '\n', '\r\n', '\n\n', ' ', ':', ',', '\ufeff', 'é', '1e999', 'null')
      .map(Buffer.from),
    fc
      .constantFrom('ping', 'echo', 'get_status', 'chat', 'gossip', 'hello', 'nonsense', '__proto__')
      .map((message_type) => encode({ message_type, payload: { id: 'a', name: 'b' } })),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), fc.nat(), async (pieces, mark) => {
      const client = await dial(address);
      for (const bytes of pieces) client.send(bytes);
      client.send(`\n\n{"message_type":"ping","payload":"mark ${mark}"}`);
      await until(() => client.text.endsWith(`{"message_type":"pong","payload":"mark ${mark}"}\n\n`), 'the pong');
      client.socket.destroy();
      const other = await dial(address);
      expect(await other.ask({ message_type: 'ping', payload: mark })).toEqual({ message_type: 'pong', payload: mark });
      other.socket.destroy();
    }),
    { numRuns: 300 },
  );
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
}, 60_000);

test('any JSON value survives an echo, however its bytes are cut', async () => {
  const { address } = await startNode({ limits: unlimited });
  const client = await dial(address);
  await client.ask({ message_type: 'hello', payload: { name: 'me' } });
  // JSON text has only one zero: -0 is written as 0.
  const values = fc.jsonValue({ maxDepth: 10 }).map((value) => JSON.parse(JSON.stringify(value)));
  await fc.assert(
    fc.asyncProperty(values, fc.array(fc.nat(), { maxLength: 5 }), fc.nat(2), async (payload, cuts, indent) => {
      const bytes = Buffer.from(`${JSON.stringify({ message_type: 'echo', payload }, null, indent)}\n\n`);
      const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
      let start = 0;
      for (const end of ends) {
        // Without a turn of the event loop in between, the system would join the pieces.
        if (end > start) client.send(bytes.subarray(start, end));
        await new Promise(setImmediate);
        start = end;
      }
      expect(await client.next()).toEqual({ message_type: 'echo', payload });
    }),
    { numRuns: 300 },
  );
}, 60_000);
