import { expect, test } from 'vitest';
import { Turns } from '../../src/node/turns.ts';

const turn = () => new Promise(setImmediate);

test('who waits is served in order, a round at a time', async () => {
  const turns = new Turns(() => 1_000);
  const served: string[] = [];
  const go = (name: string, cost: number) =>
    turns.wait(() => {
      served.push(name);
      turns.spend(cost);
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

test('one that leaves is not served, not even by another that goes before it', async () => {
  const turns = new Turns(() => 1_000);
  const served: string[] = [];
  const second = () => void served.push('second');
  turns.wait(() => turns.leave(second));
  turns.wait(second);
  await turn();
  await turn();
  expect(served).toEqual([]);
});

test('when much was done it is over until sockets have been looked at', async () => {
  const turns = new Turns(() => 1_000);
  expect(turns.over).toBe(false);
  turns.spend(100);
  expect(turns.over).toBe(true);
  await turn();
  expect(turns.over).toBe(false);
});

test('new connections make the others wait, but not for long', async () => {
  let now = 1_000;
  const turns = new Turns(() => now);
  let served = 0;
  const again = () => {
    served++;
    turns.wait(again);
    turns.spend(100);
  };
  turns.wait(again);
  await turn();
  expect(served).toBe(1);
  turns.hurry();
  expect(turns.hurried).toBe(true);
  await turn();
  expect(served).toBe(1);
  expect(turns.hurried).toBe(false);
  now += 50;
  turns.hurry();
  await turn();
  expect(served).toBe(2);
});
