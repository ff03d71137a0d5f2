import { afterEach, expect, test } from 'vitest';
import type { Limits } from '../../../src/protocol/index.ts';
import { cleanUp, dial, startNode } from '../../support/test-node.ts';

afterEach(cleanUp);

/** Blocks this process for some milliseconds, as if the machine were busy or asleep. */
function standStill(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

const hello = { message_type: 'hello', payload: { name: 'visitor' } };

test.each<[string, Partial<Limits>, object]>([
  ['served', { closeDelayMs: 50 }, { message_type: 'ping' }],
  ['silent', { idleTimeoutMs: 50 }, {}],
  ['dead', { deadAfterMs: 50 }, hello],
])('a process that stalled reads what arrived before it takes a connection for %s', async (_, limits, first) => {
  const { address } = await startNode({ limits });
  const client = await dial(address);
  if ('message_type' in first) await client.ask(first as { message_type: string });
  client.send({ message_type: 'ping', payload: 'in time' });
  standStill(150);
  expect(await client.next()).toEqual({ message_type: 'pong', payload: 'in time' });
});

test('a message that was complete in time is not refused after a stall', async () => {
  const { address } = await startNode({ limits: { messageTimeoutMs: 50 } });
  const client = await dial(address);
  client.send('{"message_type":');
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  client.send('"ping"}\n\n');
  standStill(150);
  expect(await client.next()).toEqual({ message_type: 'pong' });
});
