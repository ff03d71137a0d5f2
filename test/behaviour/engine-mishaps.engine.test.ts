import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../src/engine/images/node-image.ts';
import { devnet } from '../support/cli.ts';
import { canStartEngine, type PrivateEngine, startPrivateEngine } from '../support/private-engine.ts';

describe.runIf(canStartEngine)('on an engine of its own, a network', () => {
  let own: PrivateEngine;
  beforeAll(async () => {
    own = await startPrivateEngine(512);
  });
  afterAll(() => own[Symbol.asyncDispose]());
  const cwd = mkdtempSync(join(tmpdir(), 'devnet-mishaps-'));
  afterAll(() => rmSync(cwd, { recursive: true, force: true }));
  const file = join(cwd, 'net.yaml');
  writeFileSync(file, 'nodes: [a, b, c]\nlinks: [{ link: a <-> b, delay: 20ms }, b <-> c]');
  // With a folder of control sockets of its own, where it sees no network of another test.
  const run = (...args: string[]) => devnet(args, { cwd, env: { DOCKER_HOST: own.host, XDG_RUNTIME_DIR: cwd } });
  const succeeds = async (...args: string[]) => {
    const { status, stdout, stderr } = await run(...args);
    expect(status, `${args.join(' ')}\n${stdout}${stderr}`).toBe(0);
    return `${stdout}${stderr}`;
  };
  /** The ids of all that an engine without networks does not have. */
  const remains = async () => {
    const { Volumes } = await own.engine.docker.listVolumes();
    const containers = await own.engine.docker.listContainers({ all: true });
    const networks = await own.engine.docker.listNetworks({ filters: { label: ['devnet.name'] } });
    return [...containers.map(({ Id }) => Id), ...networks.map(({ Id }) => Id), ...(Volumes ?? []).map((v) => v.Name)];
  };

  it('keeps its record when the engine is pruned, also where all nodes have images of their own and it has no other', async () => {
    const { docker } = own.engine;
    const bundled = docker.getImage((await ensureNodeImage(own.engine)).reference);
    await bundled.tag({ repo: 'somebodys', tag: '1' });
    await bundled.remove();
    const others = join(cwd, 'others.yaml');
    writeFileSync(others, 'nodes: [a, b]\nlinks: [a -> b]\ndefaults: { image: "somebodys:1" }');
    await succeeds('up', others, '-d');
    expect((await docker.pruneContainers()).ContainersDeleted ?? []).toEqual([]);
    expect(await succeeds('ls')).toMatch(/others +2 of 2 running +1 /);
    await succeeds('down');
    expect(await remains()).toEqual([]);
  });

  it('comes back after a restart of the engine, through a new tunnel', async () => {
    await succeeds('up', file, '-d');
    await succeeds('cut', 'b', 'c');
    await own.restart();
    const { status, stdout } = await run('status', '--json');
    const { nodes } = JSON.parse(stdout) as { nodes: { name: string; state: string }[] };
    expect(nodes.map(({ name, state }) => `${name} ${state}`)).toEqual(['a exited', 'b exited', 'c exited']);
    expect(status).toBe(1);
    await succeeds('heal');
    await succeeds('status');
    expect(await succeeds('link')).toMatch(/a -> b +delay 20ms/);
    await own.restart();
    await succeeds('up', file, '-d');
    await succeeds('status');
    await own.restart();
    await succeeds('down');
    expect(await remains()).toEqual([]);
  });

  it('has in force what is said, and goes down in one call, while the disk of the engine is full', async () => {
    await succeeds('up', file, '-d');
    await succeeds('cut', 'b', 'c', '--as', 'before');
    const free = own.fillDisk();
    const faults = async () =>
      (JSON.parse((await run('status', '--json')).stdout) as { faults: { name: string }[] }).faults.map(
        (fault) => fault.name,
      );
    expect(await succeeds('cut', 'a', 'b', '--as', 'full')).toMatch(
      /in force, but it ends if .* could not save it: ENOSPC/,
    );
    expect(await faults()).toEqual(['before', 'full']);
    await succeeds('heal', 'before');
    expect(await faults()).toEqual(['full']);
    await succeeds('heal');
    await succeeds('status');
    await succeeds('down');
    expect(await remains()).toEqual([]);
    free();
  });
});

it.runIf(canStartEngine)(
  'an image that is too large for the disk of its engine is refused with what to do',
  async () => {
    await using own = await startPrivateEngine(64);
    await expect(ensureNodeImage(own.engine)).rejects.toMatchObject({
      code: 'disk_full',
      hint: expect.stringContaining('docker system df'),
    });
  },
);
