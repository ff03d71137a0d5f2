import { readFileSync, statSync } from 'node:fs';
import { hostname, networkInterfaces, release } from 'node:os';
import type { PreflightCheck } from '../../controller/lifecycle/preflight.ts';
import type { Engine } from '../../engine/connection/engine.ts';
import type { SwarmNode } from '../../engine/swarm/swarm-nodes.ts';

/** Largest packet of Docker's overlay networks, unless their `com.docker.network.driver.mtu` says otherwise, bytes. */
const OVERLAY_MTU = 1_450;
/** Bytes that VXLAN adds to each packet. */
const VXLAN_BYTES = 50;

/** What an overlay network needs of the kernel that it is on, as far as it can be seen. */
export interface OverlayKernel {
  /** Whether the kernel has VXLAN, loaded or not; undefined where that cannot be told. */
  hasVxlan: boolean | undefined;
  /** Interface that has the host's address in the swarm; undefined where none has it. */
  dataPath: { name: string; mtu: number } | undefined;
}

/**
 * Reads what an overlay needs of this machine's kernel, where this machine is the manager's: plan asks no other host for it.
 * @returns undefined where the manager is another machine
 */
export function readOverlayKernel({ endpoint }: Engine, manager: SwarmNode): OverlayKernel | undefined {
  if (!endpoint.host.startsWith('unix://') || hostname() !== manager.name) return undefined;
  const own = Object.entries(networkInterfaces()).find(([, addresses = []]) =>
    addresses.some(({ address }) => address === manager.address),
  );
  const mtu = own && Number(readText(`/sys/class/net/${own[0]}/mtu`));
  return { hasVxlan: findVxlan(), dataPath: own && mtu ? { name: own[0], mtu } : undefined };
}

/** Says what stands in the way of an overlay on a host, with the fix. */
export function checkOverlay(host: string, { hasVxlan, dataPath }: OverlayKernel): PreflightCheck[] {
  const what = `overlay ${host}`;
  const checks: PreflightCheck[] = [];
  if (hasVxlan === false)
    checks.push({ what, verdict: 'fails', found: 'its kernel has no VXLAN', fix: vxlanFix(host) });
  const needed = OVERLAY_MTU + VXLAN_BYTES;
  if (dataPath !== undefined && dataPath.mtu < needed) {
    const { name, mtu } = dataPath;
    const found = `${name} carries packets of ${mtu} bytes, and those of the overlay take ${needed}: ${OVERLAY_MTU} and ${VXLAN_BYTES} of VXLAN`;
    const fix = `ip link set ${name} mtu ${needed} on ${host}, if its network carries that; else large messages between hosts may be slow or lost`;
    checks.push({ what, verdict: 'warns', found, fix });
  }
  return checks;
}

/** Returns the fix for a host whose kernel cannot make the interfaces of overlays. */
export function vxlanFix(host: string): string {
  return `modprobe vxlan on ${host}; some cloud kernels need an extra package of modules, such as linux-modules-extra`;
}

function findVxlan(): boolean | undefined {
  if (statSync('/sys/module/vxlan', { throwIfNoEntry: false })) return true;
  const modules = readText(`/lib/modules/${release()}/modules.dep`);
  return modules === undefined ? undefined : /\/vxlan\.ko/.test(modules);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined; // Not Linux, or a container without the files of its kernel.
  }
}
