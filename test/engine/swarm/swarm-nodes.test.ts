import { describe, expect, it } from 'vitest';
import { swarmObstacle } from '../../../src/engine/swarm/swarm-nodes.ts';

const HOST = 'unix:///var/run/docker.sock';

describe('swarmObstacle', () => {
  it('finds nothing wrong with a manager', () => {
    expect(swarmObstacle({ LocalNodeState: 'active', ControlAvailable: true }, HOST)).toBeUndefined();
  });

  it.each([
    [{}, 'belongs to no swarm', 'docker swarm init'],
    [{ LocalNodeState: 'inactive' }, 'belongs to no swarm', 'docker swarm init'],
    [{ LocalNodeState: 'locked' }, 'is locked', 'docker swarm unlock'],
    [{ LocalNodeState: 'error', Error: 'no quorum' }, 'has failed: no quorum', 'docker info'],
    [
      { LocalNodeState: 'active', ControlAvailable: false, RemoteManagers: [{ Addr: '10.0.0.7:2377' }] },
      'is a worker of its swarm',
      'DOCKER_HOST=ssh://10.0.0.7,',
    ],
  ])('names what is wrong with %j, and the fix', (info, message, hint) => {
    const obstacle = swarmObstacle(info, HOST);
    expect(obstacle?.message).toContain(HOST);
    expect(obstacle?.message).toContain(message);
    expect(obstacle?.hint).toContain(hint);
  });
});
