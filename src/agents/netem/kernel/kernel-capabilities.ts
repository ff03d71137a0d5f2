import { randomBytes } from 'node:crypto';
import { NetemError } from '../shared/netem-error.ts';
import type { ShapingCapabilities } from '../state/shaping-plan.ts';
import type { RunTool } from './run-tool.ts';

/** What was found out about the kernel; each is named by its module. */
export interface KernelCapabilities extends ShapingCapabilities {
  /** Rules between the ports of a bridge: without them there are neither cuts nor loss. */
  nft_bridge: boolean;
  /** Random numbers in rules: without them there is no loss. */
  nft_numgen: boolean;
  /** Translation of addresses in a zone of its own: without it there is no relay. */
  nft_nat: boolean;
  /** The kernel's own words for each thing that it cannot. */
  refusals: Record<string, string>;
}

/** Finds out what the kernel can by trying, on a pair of interfaces made for it, and leaves nothing behind. */
export async function probeKernel(run: RunTool): Promise<KernelCapabilities> {
  const refusals: Record<string, string> = {};
  const can = async (name: string, attempt: () => Promise<unknown>): Promise<boolean> => {
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
  // With -c, nft asks the kernel and lets it change nothing.
  const rules = (family: string, chain: string) => () =>
    run('nft', ['-c', '-f', '-'], `table ${family} probe-${id} {\nchain probe {\n${chain}\n}\n}\n`);
  const one = `dnp${id}a`;
  await run('ip', ['link', 'add', one, 'type', 'veth', 'peer', 'name', `dnp${id}b`]);
  try {
    const queue =
      (...kind: string[]) =>
      async () => {
        await run('tc', ['qdisc', 'add', 'dev', one, 'root', ...kind]);
        await run('tc', ['qdisc', 'del', 'dev', one, 'root']);
      };
    return {
      nft_bridge: await can(
        'nft_bridge',
        rules('bridge', 'type filter hook prerouting priority 0; ip saddr 127.0.0.1 drop;'),
      ),
      nft_numgen: await can(
        'nft_numgen',
        rules('bridge', 'type filter hook prerouting priority 0; numgen random mod 2 < 1 drop;'),
      ),
      nft_nat: await can(
        'nft_nat',
        rules('ip', 'type nat hook output priority 0; ct zone 1 tcp dport 1 dnat to 127.0.0.1;'),
      ),
      htb: await can('htb', queue('htb')),
      netem: await can('netem', queue('netem', 'delay', '1ms')),
      refusals,
    };
  } finally {
    await run('ip', ['link', 'del', one]);
  }
}
