import { expect, it } from 'vitest';
import { socketCandidates } from '../../../../src/controller/lifecycle/reaper/engine-socket.ts';

const DEFAULT = '/var/run/docker.sock';

it.each([
  ['the default socket', 'unix:///var/run/docker.sock', {}, [DEFAULT]],
  [
    'a symbolic link',
    'unix:///home/me/link',
    { realPath: '/run/real.sock' },
    ['/home/me/link', '/run/real.sock', DEFAULT],
  ],
  ['Colima', 'unix:///Users/me/.colima/default/docker.sock', {}, ['/Users/me/.colima/default/docker.sock', DEFAULT]],
  [
    'Podman',
    'unix:///run/user/1000/podman/podman.sock',
    { podmanSocket: '/run/user/1000/podman/podman.sock' },
    ['/run/user/1000/podman/podman.sock', DEFAULT],
  ],
  [
    'Podman over TCP',
    'tcp://far:2375',
    { podmanSocket: '/run/podman/podman.sock' },
    ['/run/podman/podman.sock', DEFAULT],
  ],
  ['an engine over TCP', 'tcp://far:2375', {}, [DEFAULT]],
  ['an engine over ssh', 'ssh://me@far', {}, [DEFAULT]],
  ['an engine over ssh with a path', 'ssh://me@far:22/run/docker.sock', {}, ['/run/docker.sock', DEFAULT]],
  ['Windows', 'npipe:////./pipe/docker_engine', {}, [DEFAULT]],
])('paths that the socket of the engine may have on its machine: %s', (_, host, found, paths) => {
  expect(socketCandidates(host, { realPath: undefined, podmanSocket: undefined, ...found })).toEqual(paths);
});
