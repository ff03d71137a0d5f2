import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { DevnetError } from '../../shared/errors.ts';
import { formatList, pluralize } from '../../shared/text.ts';

/** Facts about a machine that decide whether namespaces can be made. */
export interface MachineFacts {
  platform: NodeJS.Platform;
  isRoot: boolean;
  /** Programs that were not found. */
  missingTools: readonly string[];
  /** `kernel.unprivileged_userns_clone`, where the kernel has it. */
  unprivilegedUserNamespaces?: number | undefined;
  /** `kernel.apparmor_restrict_unprivileged_userns`, where the kernel has it. */
  apparmorRestriction?: number | undefined;
  /** `user.max_user_namespaces`, `user.max_net_namespaces`. */
  maxUserNamespaces?: number | undefined;
  maxNetworkNamespaces?: number | undefined;
  /** True in a container. */
  inContainer: boolean;
}

/** Something that is missing, and the command or step that adds it. */
export interface Finding {
  missing: string;
  fix: string;
}

/** Programs that every network in namespaces needs. */
const SUPERVISOR_TOOLS = ['unshare', 'nsenter', 'setpriv', 'mount', 'ip', 'bridge'];
/** Programs that link conditions and faults on links need. */
const LINK_TOOLS = ['nft', 'tc'];
/** Packages of programs, as Debian and Fedora name them. */
const PACKAGES: Record<string, string> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
};
/** A bridge of Linux has this many ports. */
const MAX_BRIDGE_PORTS = 1_023;

/** Returns what keeps this machine from running a network of so many nodes. */
export function findMissing(facts: MachineFacts, nodes: number): Finding[] {
  if (facts.platform !== 'linux') {
    return [{ missing: `Linux: this is ${facts.platform}`, fix: 'use --engine containers, or --engine process' }];
  }
  const findings: Finding[] = [];
  const { missingTools, maxNetworkNamespaces, maxUserNamespaces, isRoot } = facts;
  if (missingTools.length > 0) findings.push(missingPrograms(missingTools));
  if (!isRoot && facts.unprivilegedUserNamespaces === 0) {
    findings.push({
      missing: 'user namespaces for ordinary users: kernel.unprivileged_userns_clone is 0',
      fix: 'sudo sysctl kernel.unprivileged_userns_clone=1',
    });
  }
  if (!isRoot && facts.apparmorRestriction === 1) {
    findings.push({
      missing: 'user namespaces for ordinary users: kernel.apparmor_restrict_unprivileged_userns is 1',
      fix: 'sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0',
    });
  }
  // One for the supervisor, and one for each node.
  const needed = nodes + 1;
  if (maxNetworkNamespaces !== undefined && maxNetworkNamespaces < needed) {
    findings.push({
      missing: `${needed} network namespaces: user.max_net_namespaces is ${maxNetworkNamespaces}`,
      fix: `sudo sysctl user.max_net_namespaces=${2 * needed}`,
    });
  }
  if (maxUserNamespaces !== undefined && maxUserNamespaces < needed) {
    findings.push({
      missing: `${needed} user namespaces: user.max_user_namespaces is ${maxUserNamespaces}`,
      fix: `sudo sysctl user.max_user_namespaces=${2 * needed}`,
    });
  }
  return findings;
}

function missingPrograms(programs: readonly string[]): Finding {
  const packages = [...new Set(programs.map((program) => PACKAGES[program] ?? 'util-linux'))];
  return { missing: `${formatList(programs)}, on the PATH`, fix: `apt-get install ${packages.join(' ')}` };
}

/**
 * Refuses to change links where a program for that is missing, as of a network that declares no conditions.
 * @throws DevnetError `engine_missing`
 */
export function assertLinkTools(isPresent: (program: string) => boolean = isOnPath): void {
  const absent = LINK_TOOLS.filter((tool) => !isPresent(tool));
  if (absent.length === 0) return;
  const { missing, fix } = missingPrograms(absent);
  throw new DevnetError('engine_missing', `this machine cannot change links; missing: ${missing}`, { hint: fix });
}

/** Returns the error for what is missing. */
export function missingError(findings: readonly Finding[]): DevnetError {
  return new DevnetError(
    'engine_missing',
    `this machine cannot run nodes in network namespaces; missing: ${findings.map(({ missing }) => missing).join('; ')}`,
    { hint: findings.map(({ fix }) => fix).join('; ') },
  );
}

/** Returns the error for namespaces that the kernel refused although nothing was found to be missing. */
export function refusedError(facts: Pick<MachineFacts, 'inContainer'>, output: string): DevnetError {
  const hint = facts.inContainer
    ? 'this is in a container: start it with --privileged, or run devnet outside of it'
    : 'try: unshare --user --map-root-user --net --mount --pid --fork --mount-proc true';
  return new DevnetError(
    'engine_missing',
    `namespaces could not be made: ${output.trim().split('\n').at(-1) || 'no reason was given'}`,
    { hint },
  );
}

/** @throws DevnetError `host_limit` for more nodes than a bridge has ports */
export function assertNodeCount(nodes: number): void {
  if (nodes <= MAX_BRIDGE_PORTS) return;
  throw new DevnetError(
    'host_limit',
    `a network in namespaces has at most ${pluralize(MAX_BRIDGE_PORTS, 'node')}, the ports of a Linux bridge; this one has ${nodes}`,
    { hint: 'the containers runtime has the same limit; the process runtime has none' },
  );
}

/** Looks at this machine. @param shapesLinks links have conditions, which need more programs */
export function readMachineFacts(shapesLinks: boolean): MachineFacts {
  const tools = [...SUPERVISOR_TOOLS, ...(shapesLinks ? LINK_TOOLS : [])];
  return {
    platform: process.platform,
    isRoot: process.getuid?.() === 0,
    missingTools: process.platform === 'linux' ? tools.filter((tool) => !isOnPath(tool)) : [],
    unprivilegedUserNamespaces: readSetting('kernel/unprivileged_userns_clone'),
    apparmorRestriction: readSetting('kernel/apparmor_restrict_unprivileged_userns'),
    maxUserNamespaces: readSetting('user/max_user_namespaces'),
    maxNetworkNamespaces: readSetting('user/max_net_namespaces'),
    inContainer: existsSync('/.dockerenv') || existsSync('/run/.containerenv'),
  };
}

/** Returns the PATH with the folders of system programs, which is not complete for ordinary users. */
export function systemPath(path = process.env.PATH ?? ''): string {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return [...new Set([...folders, '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'])].join(delimiter);
}

function isOnPath(tool: string): boolean {
  return systemPath()
    .split(delimiter)
    .some((folder) => isExecutable(join(folder, tool)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readSetting(name: string): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${name}`, 'utf8'));
  } catch {
    return undefined;
  }
}
