import { randomBytes } from 'node:crypto';
import { NetemError } from '../shared/reporting.ts';
import type { ShapingCapabilities } from '../state/shaping-plan.ts';
import type { RunTool } from './run-tool.ts';

/** Features of the kernel, named after its modules. */
export interface KernelCapabilities extends ShapingCapabilities {
  /** Rules between the ports of a bridge: needed for cuts and loss. */
  nft_bridge: boolean;
  /** Random numbers in rules: needed for loss. */
  nft_numgen: boolean;
  /** Address translation in a conntrack zone: needed for the proxy. */
  nft_nat: boolean;
  /** The kernel's error message for each missing feature. */
  refusals: Record<string, string>;
}

/**
 * Probes the kernel's features by using them on a pair of interfaces made for it, and leaves nothing behind.
 *
 * @throws NetemError when the interfaces cannot be made or removed
 */
export async function probeKernel(run: RunTool): Promise<KernelCapabilities> {
  const refusals: Record<string, string> = {};
  const supports = async (name: string, attempt: () => Promise<unknown>): Promise<boolean> => {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (!(error instanceof NetemError)) throw error;
      refusals[name] = error.message;
      return false;
    }
  };
  const id = randomBytes(4).toString('hex');
  const dev = `dnp${id}a`;
  // With -c, nft asks the kernel and changes nothing.
  const supportsRule = (name: string, family: string, chain: string) =>
    supports(name, () =>
      run('nft', ['-c', '-f', '-'], `table ${family} probe-${id} {\nchain probe {\n${chain}\n}\n}\n`),
    );
  const supportsQdisc = (...kind: [string, ...string[]]) =>
    supports(kind[0], async () => {
      await run('tc', ['qdisc', 'add', 'dev', dev, 'root', ...kind]);
      await run('tc', ['qdisc', 'del', 'dev', dev, 'root']);
    });
  const bridgeHook = 'type filter hook prerouting priority 0;';
  await run('ip', ['link', 'add', dev, 'type', 'veth', 'peer', 'name', `dnp${id}b`]);
  try {
    return {
      nft_bridge: await supportsRule('nft_bridge', 'bridge', `${bridgeHook} ip saddr 127.0.0.1 drop;`),
      nft_numgen: await supportsRule('nft_numgen', 'bridge', `${bridgeHook} numgen random mod 2 < 1 drop;`),
      nft_nat: await supportsRule(
        'nft_nat',
        'ip',
        'type nat hook output priority 0; ct zone 1 tcp dport 1 dnat to 127.0.0.1;',
      ),
      htb: await supportsQdisc('htb'),
      netem: await supportsQdisc('netem', 'delay', '1ms'),
      refusals,
    };
  } finally {
    await run('ip', ['link', 'del', dev]);
  }
}

/** An association as Docker makes them for an encrypted overlay network, between addresses that nobody has. */
const ASSOCIATION = ['src', '198.51.100.1', 'dst', '198.51.100.2', 'proto', 'esp', 'spi', '0xde7'];
const CIPHER = ['mode', 'transport', 'aead', 'rfc4106(gcm(aes))', `0x${'00'.repeat(20)}`, '64'];

/** Checks that the kernel encrypts as Docker's overlay networks need it, in a namespace of the caller's own. @throws NetemError */
export async function assertEncryption(run: RunTool): Promise<void> {
  try {
    await run('ip', ['xfrm', 'state', 'add', ...ASSOCIATION, ...CIPHER]);
  } catch (cause) {
    // The kernel's own words; the command is in front of them.
    throw new NetemError((cause as Error).message.replace(/^.* failed with \S+: (Error: )?/, ''), { cause });
  }
  await run('ip', ['xfrm', 'state', 'delete', ...ASSOCIATION]);
}
