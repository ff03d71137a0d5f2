import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { directRoute, type Route } from '../devnet/route.ts';
import { formatIPv4, formatSubnet, gatewayOf, nodeAddress, type Subnet } from '../devnet/subnet.ts';
import { DevnetError } from '../errors.ts';

/** Loopback's own addresses but for 127.0.0.0/16, which programs and resolvers use: one /16 a devnet. */
const FIRST = 1;
const LAST = 254;
/** Whoever listens here, on a range's first address, has the range: above the ports of the system, below those of dials. */
const CLAIM_PORT = 27_127;

/** A range of loopback addresses that no other devnet on this machine has, and the controller's way into it. */
export interface Range {
  readonly route: Route;
  /** `127.9.0.0/16`. */
  readonly subnet: string;
  /** The controller's own address, from which it dials. */
  readonly controller: string;
  /** The address of a node, by its place in the topology. */
  address(index: number): string;
  /** Gives the range back. */
  release(): void;
}

/**
 * Takes a range that is free. A port can be listened on once, so whichever process is first has it.
 * @throws DevnetError `host_limit` where there is none
 */
export async function claimRange(): Promise<Range> {
  const from = randomInt(FIRST, LAST + 1);
  for (let tried = 0; tried <= LAST - FIRST; tried++) {
    const second = FIRST + ((from - FIRST + tried) % (LAST - FIRST + 1));
    const range: Subnet = { base: (127 * 256 + second) * 65_536, prefix: 16 };
    const claim = await listenOn(gatewayOf(range));
    if (claim) return open(range, claim);
  }
  throw new DevnetError(
    'host_limit',
    `no range of loopback addresses is free: all of 127.${FIRST}.0.0 to 127.${LAST}.0.0 are taken`,
    {
      hint: `devnets of other processes have them, or one program listens on port ${CLAIM_PORT} of every address`,
    },
  );
}

function open(range: Subnet, claim: Server): Range {
  const controller = gatewayOf(range);
  return {
    controller,
    subnet: formatSubnet(range),
    route: directRoute(controller),
    address: (index) => nodeAddress(range, index),
    release: () => claim.close(),
  };
}

/** @returns undefined where somebody else listens */
async function listenOn(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(CLAIM_PORT, address);
  try {
    await once(server, 'listening');
    return server;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return undefined;
    throw new DevnetError('host_limit', `this machine cannot listen on its loopback address ${address}: ${message}`, {
      hint: `Linux has all of ${formatIPv4(127 * 2 ** 24)}/8; elsewhere take engine: 'containers'`,
      cause,
    });
  }
}
