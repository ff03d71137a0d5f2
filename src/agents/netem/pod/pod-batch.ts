import { htbOptions, leafQdisc, ROOT_HANDLE } from '../kernel/tc.ts';
import type { LinkConditions } from '../state/link-state.ts';

/** Conditions of what this pod sends to one host. */
export interface PodLink extends LinkConditions {
  /** Name of the host, or its address. */
  host: string;
}

/** A host's address, which changes when its pod is replaced. */
export interface HostAddress {
  address: string;
  /** Interface that leads there. */
  dev: string;
}

/**
 * Returns commands for `tc -batch` that apply a link's conditions to what is sent to a host's address.
 * @param index of the link, which numbers its class and its filter
 * @param managed whether the interface has our root queue already
 */
export function podLinkBatch(
  index: number,
  { host: _host, ...conditions }: PodLink,
  at: HostAddress,
  managed: boolean,
): string {
  const { address, dev } = at;
  const id = `${ROOT_HANDLE}:${(index + 1).toString(16)}`;
  const [protocol, match, bits] = address.includes(':') ? ['ipv6', 'ip6', 128] : ['ip', 'ip', 32];
  const lines = [
    // Packets without a class pass unchanged.
    ...(managed ? [] : [`qdisc replace dev ${dev} root handle ${ROOT_HANDLE}: htb default 0`]),
    `class replace dev ${dev} parent ${ROOT_HANDLE}: classid ${id} htb ${htbOptions(conditions)}`,
    `qdisc replace dev ${dev} parent ${id} ${leafQdisc(conditions)}`,
    `filter add dev ${dev} parent ${ROOT_HANDLE}: protocol ${protocol} prio ${index + 1} u32 match ${match} dst ${address}/${bits} flowid ${id}`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}

/** Returns the command for `tc -batch` that sends what goes to a link's host past its class again. */
export function podUnlinkBatch(index: number, { dev }: HostAddress): string {
  return `filter del dev ${dev} parent ${ROOT_HANDLE}: prio ${index + 1}\n`;
}
