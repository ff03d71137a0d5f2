import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findImage, pullImage } from '../../../src/engine/images/images.ts';
import { devnet } from '../../support/cli.ts';
import { registryProgram } from '../../support/image-registry.ts';
import { SERVER_ADDRESS, SwarmCluster, swarmObstacle } from '../../support/swarm-cluster.ts';
import { until } from '../../support/until.ts';

const REGISTRY = `${SERVER_ADDRESS}:5000`;
const IMAGE = `${REGISTRY}/x:1`;
/** Its image has no program: `up` gives the hosts the image, and fails at the first container. */
const TOPOLOGY = `
name: pulled
engine: swarm
defaults: { image: "${IMAGE}" }
nodes: { b: { host: beta }, c: { host: gamma } }
`;
const { DOCKER_CONFIG } = process.env;
const obstacle = swarmObstacle();

describe.skipIf(obstacle !== undefined)(
  `images that a registry has, on a swarm${obstacle ? `: ${obstacle}` : ''}`,
  () => {
    let cluster: SwarmCluster;
    let folder: string;
    let loggedIn: string;
    let loggedOut: string;

    const engineOf = (name: string) => cluster.hosts.find((host) => host.name === name)!.engine;
    /** Returns what `up` says of images. */
    const bringUp = async (config: string): Promise<string[]> => {
      const env = { DOCKER_HOST: cluster.manager.address, XDG_RUNTIME_DIR: folder, DOCKER_CONFIG: config };
      const { stderr, status } = await devnet(['up', '-', '-d'], { cwd: folder, env, input: TOPOLOGY });
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining('could not') });
      return stderr.split('\n').flatMap((line) => /^image +(.*)/.exec(line)?.[1] ?? []);
    };

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'devnet-swarm-test-'));
      cluster = await SwarmCluster.start(['alpha', 'beta', 'gamma']);
      const password = randomBytes(8).toString('hex');
      const { architecture } = cluster.manager.engine;
      cluster.serve(registryProgram({ architecture, password, address: SERVER_ADDRESS, port: 5000 }));
      cluster.runOn('gamma', ['ip', 'route', 'add', 'unreachable', SERVER_ADDRESS]);
      [loggedIn, loggedOut] = ['in', 'out'].map((name) => join(folder, name)) as [string, string];
      for (const config of [loggedIn, loggedOut]) mkdirSync(config);
      const auth = Buffer.from(`me:${password}`).toString('base64');
      writeFileSync(join(loggedIn, 'config.json'), JSON.stringify({ auths: { [REGISTRY]: { auth } } }));
      process.env.DOCKER_CONFIG = loggedIn;
      const pull = () => pullImage(cluster.manager.engine, IMAGE);
      await until(pull, 'the registry', { accept: (refusal) => refusal === undefined });
    });

    afterAll(async () => {
      if (DOCKER_CONFIG === undefined) delete process.env.DOCKER_CONFIG;
      else process.env.DOCKER_CONFIG = DOCKER_CONFIG;
      await cluster?.[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    });

    it('are pulled by the hosts that can, and sent to the others', async () => {
      const lines = await bringUp(loggedIn);
      expect(lines).toContain(`pulling ${IMAGE} on beta by its digest, from ${REGISTRY}`);
      expect(lines).toContainEqual(
        expect.stringMatching(/^sending \S+\/x:1 to gamma, which could not pull it: .*(no route to host|unreachable)/),
      );
      expect(lines.filter((line) => line.endsWith('now')).sort()).toEqual(
        ['beta', 'gamma'].map((name) => `${IMAGE} is on ${name} now`),
      );
      expect(lines.filter((line) => / beta\b/.test(line))).toHaveLength(2);
      const wanted = await findImage(engineOf('alpha'), IMAGE);
      expect(wanted?.repoDigests).toHaveLength(1);
      // The reference names it, and only what was pulled has a digest.
      expect(await findImage(engineOf('beta'), IMAGE)).toEqual(wanted);
      expect((await findImage(engineOf('gamma'), IMAGE))?.id).toBe(wanted?.id);
      // Neither again.
      expect(await bringUp(loggedIn)).toEqual([]);
    });

    it('are sent to a host that the registry refuses', async () => {
      await engineOf('beta').docker.getImage(IMAGE).remove({ force: true });
      expect(await findImage(engineOf('beta'), IMAGE)).toBeUndefined();
      const lines = await bringUp(loggedOut);
      expect(lines).toContainEqual(
        expect.stringMatching(/^sending \S+\/x:1 to beta, which could not pull it: .*no basic auth/),
      );
      const wanted = await findImage(engineOf('alpha'), IMAGE);
      expect((await findImage(engineOf('beta'), IMAGE))?.id).toBe(wanted?.id);
    });
  },
);
