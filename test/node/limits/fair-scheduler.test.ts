import { expect, test } from 'vitest';
import { FairScheduler } from '../../../src/node/limits/fair-scheduler.ts';

const turn = () => new Promise(setImmediate);

test('serves waiting connections in order, one round at a time', async () => {
  const turns = new FairScheduler(() => 1_000);
  const served: string[] = [];
  const go = (name: string, cost: number) =>
    turns.enqueue(() => {
      served.push(name);
      turns.recordWork(cost);
    });
  go('a', 1);
  go('b', 5);
  go('c', 1);
  expect(served).toEqual([]);
  await turn();
  expect(served).toEqual(['a', 'b']);
  await turn();
  expect(served).toEqual(['a', 'b', 'c']);
});

test('does not serve a connection that left, even in the same round', async () => {
  const turns = new FairScheduler(() => 1_000);
  const served: string[] = [];
  const second = () => void served.push('second');
  turns.enqueue(() => turns.dequeue(second));
  turns.enqueue(second);
  await turn();
  await turn();
  expect(served).toEqual([]);
});

test('ends the round when its time is used up, until sockets have been read', async () => {
  const turns = new FairScheduler(() => 1_000);
  expect(turns.isRoundOver).toBe(false);
  turns.recordWork(100);
  expect(turns.isRoundOver).toBe(true);
  await turn();
  expect(turns.isRoundOver).toBe(false);
});

test('lets new connections delay the others, but not for long', async () => {
  let now = 1_000;
  const turns = new FairScheduler(() => now);
  let served = 0;
  const again = () => {
    served++;
    turns.enqueue(again);
    turns.recordWork(100);
  };
  turns.enqueue(again);
  await turn();
  expect(served).toBe(1);
  turns.onAccept();
  expect(turns.isAccepting).toBe(true);
  await turn();
  expect(served).toBe(1);
  expect(turns.isAccepting).toBe(false);
  now += 50;
  turns.onAccept();
  await turn();
  expect(served).toBe(2);
});
