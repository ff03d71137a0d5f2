import { randomBytes } from 'node:crypto';
import type { Engine, EngineHost } from '../../engine/connection/engine.ts';
import { reachableEngines } from '../../engine/connection/engine-hosts.ts';
import { startContainer } from '../../engine/container-lifecycle.ts';
import { createContainer, removeContainer } from '../../engine/containers.ts';
import { execWithInput } from '../../engine/exec.ts';
import { IDLE_COMMAND } from '../../engine/idle-command.ts';
import { ensureNetemImage } from '../../engine/images/netem-image.ts';
import { DevnetError } from '../../shared/errors.ts';

/**
 * Checks that the kernels of a swarm's hosts can encrypt what passes between them. Docker does not: an encrypted network whose
 * hosts cannot comes up, and carries nothing.
 * @throws DevnetError `usage` that names the hosts that cannot, with the kernel's reason
 */
export async function assertHostsEncrypt(engine: Engine): Promise<void> {
  const image = await ensureNetemImage(engine);
  const hosts = reachableEngines(engine).flatMap(({ host }) => host ?? []);
  await engine.hosts?.copyImage(
    image,
    hosts.map(({ name }) => name),
  );
  const reasons = await Promise.all(hosts.map((host) => findEncryptionObstacle(engine, image, host)));
  const unable = hosts.flatMap(({ name }, index) =>
    reasons[index] === undefined ? [] : [{ name, reason: reasons[index] }],
  );
  const [first] = unable;
  if (first === undefined) return;
  const names = unable.map(({ name }) => name).join(', ');
  throw new DevnetError('usage', `encrypted: the kernel of ${names} cannot encrypt (ESP): ${first.reason}`, {
    hint: 'modprobe -a esp4 gcm on each of them, or a kernel with CONFIG_INET_ESP and CONFIG_CRYPTO_GCM; without `encrypted`, traffic between hosts is open',
  });
}

/** Returns why the kernel of a host cannot encrypt; undefined where it can. */
async function findEncryptionObstacle(
  engine: Engine,
  image: string,
  { name: host }: EngineHost,
): Promise<string | undefined> {
  const id = await createContainer(engine, {
    name: `devnet-encryption-${randomBytes(4).toString('hex')}`,
    image,
    host,
    entrypoint: IDLE_COMMAND,
    hostname: 'encryption',
    env: {},
    labels: {},
    memory: 128 * 1024 * 1024,
    pidsLimit: 64,
    user: '0:0',
    writable: false,
    capabilities: ['NET_ADMIN'],
  });
  try {
    await startContainer(engine, id, 'the check of encryption');
    const { stdout, stderr } = await execWithInput(engine, id, ['node', '/devnet/netem.cjs', 'encrypts'], '');
    const reply = JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`) as { ok?: boolean; error?: string };
    return reply.ok ? undefined : (reply.error ?? 'no reason given');
  } finally {
    await removeContainer(engine, id);
  }
}
