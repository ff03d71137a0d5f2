import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { createDirectDialer } from '../../controller/peers/dialer.ts';
import { gatewayAddress, nodeAddress } from '../../controller/state/subnet.ts';
import type { Dialer } from '../../network/dialer.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatIPv4, formatSubnet, type Subnet } from '../../shared/subnet.ts';

/** Loopback's own addresses but for 127.0.0.0/16, which programs and resolvers use: one /16 a devnet. */
const MIN_SECOND_OCTET = 1;
const MAX_SECOND_OCTET = 254;
/** Whoever listens here, on a range's first address, has the range: above the ports of the system, below those of dials. */
const CLAIM_PORT = 27_127;

/** A range of loopback addresses that no other devnet on this machine has, and the controller's way into it. */
export interface LoopbackRange {
  readonly dialer: Dialer;
  /** `127.9.0.0/16`. */
  readonly subnet: string;
  /** The controller's own address, from which it dials. */
  readonly controllerAddress: string;
  /** The address of a node, by its place in the topology. */
  addressOf(index: number): string;
  /** Gives the range back. */
  release(): void;
}

/**
 * Takes a range that is free. A port can be listened on once, so whichever process is first has it.
 * @throws DevnetError `host_limit` where there is none
 */
export async function claimLoopbackRange(): Promise<LoopbackRange> {
  const from = randomInt(MIN_SECOND_OCTET, MAX_SECOND_OCTET + 1);
  for (let tried = 0; tried <= MAX_SECOND_OCTET - MIN_SECOND_OCTET; tried++) {
    const second = MIN_SECOND_OCTET + ((from - MIN_SECOND_OCTET + tried) % (MAX_SECOND_OCTET - MIN_SECOND_OCTET + 1));
    const range: Subnet = { base: (127 * 256 + second) * 65_536, prefix: 16 };
    const claim = await tryListen(gatewayAddress(range));
    if (claim) return openRange(range, claim);
  }
  throw new DevnetError(
    'host_limit',
    `no range of loopback addresses is free: all of 127.${MIN_SECOND_OCTET}.0.0 to 127.${MAX_SECOND_OCTET}.0.0 are taken`,
    {
      hint: `devnets of other processes have them, or one program listens on port ${CLAIM_PORT} of every address`,
    },
  );
}

function openRange(range: Subnet, claim: Server): LoopbackRange {
  const controller = gatewayAddress(range);
  return {
    controllerAddress: controller,
    subnet: formatSubnet(range),
    dialer: createDirectDialer(controller),
    addressOf: (index) => nodeAddress(range, index),
    release: () => claim.close(),
  };
}

/** @returns undefined where somebody else listens */
async function tryListen(address: string): Promise<Server | undefined> {
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
