/** State of a container, in Docker's words whichever engine runs it. */
export type ContainerState = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';

/**
 * Podman's own words. `stopping`: the program got its signal and still runs; `stopped`: it ended, and Podman has yet to remove
 * what is left of its network and mounts.
 */
const PODMAN_STATES: ReadonlyMap<string, ContainerState> = new Map([
  ['configured', 'created'],
  ['initialized', 'created'],
  ['stopping', 'running'],
  ['stopped', 'exited'],
]);

const DOCKER_STATES: readonly ContainerState[] = [
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
];

/** Parses an engine's word for a container's state; an unknown one is `dead`, which nothing waits for or talks to. */
export function parseContainerState(word: string): ContainerState {
  return DOCKER_STATES.find((state) => state === word) ?? PODMAN_STATES.get(word) ?? 'dead';
}

/** Returns whether the container's program does not run: it has ended, or was never started, or the container is gone. */
export function isStopped(state: ContainerState | undefined): boolean {
  return state !== 'running' && state !== 'paused' && state !== 'restarting';
}
