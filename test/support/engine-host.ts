import { randomUUID } from 'node:crypto';
import type { Engine } from '../../src/engine/connection/engine.ts';
import { startContainer } from '../../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../src/engine/containers.ts';
import { ensureNetemImage } from '../../src/engine/images/netem-image.ts';
import { readContainerLogs } from '../../src/engine/logs.ts';

/** Lists the nft tables of the engine's host, one a line. */
export const nftTables = (engine: Engine): Promise<string> => runOnEngineHost(engine, ['nft', 'list', 'tables']);

/** Runs one of the netem agent's tools in a container in the network namespace of the engine's host. @returns its output */
export async function runOnEngineHost(engine: Engine, command: string[]): Promise<string> {
  const name = `tool-${randomUUID()}`;
  const id = await createContainer(engine, {
    name,
    image: await ensureNetemImage(engine),
    entrypoint: command,
    hostname: 'tool',
    env: {},
    labels: {},
    network: 'host',
    memory: 64 * 1024 * 1024,
    pidsLimit: 16,
    writable: false,
    capabilities: ['NET_ADMIN'],
  });
  try {
    await startContainer(engine, id, name);
    const { StatusCode } = await engine.docker.getContainer(id).wait();
    let output = '';
    for await (const lines of readContainerLogs(engine, id, { follow: false }))
      output += lines.map(({ text }) => `${text}\n`).join('');
    if (StatusCode !== 0) throw new Error(`${command.join(' ')}: exit code ${StatusCode}: ${output}`);
    return output;
  } finally {
    await removeContainer(engine, id);
  }
}
