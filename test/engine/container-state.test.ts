import { expect, it } from 'vitest';
import { isStopped, parseContainerState } from '../../src/engine/container-state.ts';

it.each([
  ['created', 'created'],
  ['running', 'running'],
  ['paused', 'paused'],
  ['restarting', 'restarting'],
  ['removing', 'removing'],
  ['exited', 'exited'],
  ['dead', 'dead'],
  // Podman's own.
  ['configured', 'created'],
  ['initialized', 'created'],
  ['stopping', 'running'],
  ['stopped', 'exited'],
  ['unknown', 'dead'],
  // Of an engine to come.
  ['hibernating', 'dead'],
  ['constructor', 'dead'],
])('the state "%s" is %s', (word, state) => {
  expect(parseContainerState(word)).toBe(state);
});

it('a container is stopped unless its program exists', () => {
  const stopped = (['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const).filter(
    isStopped,
  );
  expect(stopped).toEqual(['created', 'removing', 'exited', 'dead']);
  expect(isStopped(undefined)).toBe(true);
});
