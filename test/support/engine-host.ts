import { randomUUID } from 'node:crypto';
import type { Engine } from '../../src/engine/connection/engine.ts';
import { startContainer } from '../../src/engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../src/engine/containers.ts';
import { ensureNetemImage } from '../../src/engine/images/netem-image.ts';
import { readContainerLogs } from '../../src/engine/logs.ts';

/** Lists the nft tables of the engine's host, one a line, from a container in the host's network namespace. */
export async function nftTables(engine: Engine): Promise<string> {
  const name = `nft-${randomUUID()}`;
  const id = await createContainer(engine, {
    name,
    image: await ensureNetemImage(engine),
    entrypoint: ['nft', 'list', 'tables'],
    hostname: 'nft',
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
    if (StatusCode !== 0) throw new Error(`nft list tables: exit code ${StatusCode}: ${output}`);
    return output;
  } finally {
    await removeContainer(engine, id);
  }
}
