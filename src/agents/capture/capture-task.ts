/** A task for a capture agent: one line of JSON on its standard input, whose end is the end of the capture. */
export interface CaptureTask {
  /** Bridge that the nodes are on. */
  bridge: string;
  /** CIDR. */
  subnet: string;
  /** Id of the overlay network whose namespace has the bridge. @default the bridge is in the agent's own */
  overlayId?: string;
  /** Further condition, an expression of pcap-filter(7). @default all packets of the network */
  filter?: string;
}

/**
 * A program that captures. dumpcap keeps its user, and so works in a user namespace, where Debian's tcpdump cannot become the user
 * that it wants to be. tcpdump is the smaller one to bring along.
 */
export type CaptureProgram = 'dumpcap' | 'tcpdump';

/** In the order in which they are tried. */
export const CAPTURE_PROGRAMS: readonly CaptureProgram[] = ['dumpcap', 'tcpdump'];

/** Bytes kept of a packet: more than IP allows, so all of them. */
const SNAP_LENGTH_BYTES = 262_144;
/** Buffer between the kernel and the program, MiB: a burst of about 100,000 small packets. */
const BUFFER_MIB = 16;

/**
 * Returns an expression for each packet of a network once, where its node sends it: at the node's port of the bridge, before
 * anything is lost, cut or delayed; and for what this machine itself sends to the nodes.
 * @param bridgeIndex the kernel's number of the bridge
 * @param uplinkIndex that of its port that leads to other hosts, where what their nodes send is captured
 */
export function captureExpression({ subnet, filter }: CaptureTask, bridgeIndex: number, uplinkIndex?: number): string {
  const elsewhere = uplinkIndex === undefined ? '' : ` and not ifindex ${uplinkIndex}`;
  const place = `(inbound and not ifindex ${bridgeIndex}${elsewhere}) or (outbound and ifindex ${bridgeIndex})`;
  return `net ${subnet} and (${place})${filter === undefined ? '' : ` and (${filter})`}`;
}

/** Returns the arguments of a program that writes packets of all interfaces to its standard output as they come. */
export function captureArguments(program: CaptureProgram, expression: string): string[] {
  const common = ['-i', 'any', '-y', 'LINUX_SLL2', '-s', String(SNAP_LENGTH_BYTES), '-w', '-'];
  if (program === 'dumpcap') return [...common, '-q', '-B', String(BUFFER_MIB), '-f', expression];
  // Each packet as it comes, not in blocks of the file; root stays root, since nobody else may capture.
  const own = ['-n', '-U', '-Z', 'root', '--time-stamp-precision=nano', '-B', String(BUFFER_MIB * 1_024)];
  return [...common, ...own, expression];
}

/** Returns the kernel's number of an interface from the output of `ip -j link show`. */
export function parseInterfaceIndex(json: string): number {
  const [found] = JSON.parse(json) as { ifindex: number }[];
  if (found === undefined) throw new Error('ip lists no interface');
  return found.ifindex;
}

/** Returns whether a program says that it captures from now on. */
export function isCapturing(text: string): boolean {
  return /^(tcpdump: )?listening on |^File: /m.test(text);
}

/** Returns the number of packets that the kernel dropped, from what a program says at its end. */
export function parseDropped(text: string): number {
  const found =
    /(\d+) packets? dropped by kernel/.exec(text) ?? /received\/dropped on interface '.*': \d+\/(\d+)/.exec(text);
  return Number(found?.[1] ?? 0);
}

/** Returns a program's reason for ending, without its name and its notes. */
export function parseFailure(text: string): string {
  const invalidFilter = /isn't a valid capture filter \((.*)\)/.exec(text);
  if (invalidFilter) return invalidFilter[1] as string;
  const lines = text.split('\n').map((line) => line.replace(/^(tcpdump|dumpcap): /, '').trim());
  const notes = /^(data link type|listening on|verbose output|Capturing on|File: |Packets )/;
  return lines.find((line) => line !== '' && !notes.test(line)) ?? 'no output';
}
