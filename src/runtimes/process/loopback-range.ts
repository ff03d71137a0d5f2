import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { gatewayAddress, nodeAddress } from '../../controller/state/address-plan.ts';
import { createDirectDialer, type Dialer } from '../../network/dialer.ts';
import { DevnetError } from '../../shared/errors.ts';
import { formatIPv4, formatSubnet, type Subnet } from '../../shared/subnet.ts';

/** Second octet of the ranges 127.x.0.0/16, one for each network. Programs and resolvers use 127.0.0.0/16. */
const MIN_SECOND_OCTET = 1;
const MAX_SECOND_OCTET = 254;
/** Whoever listens on this port of a range's first address owns the range. It is above the system's ports and below those of dials. */
const CLAIM_PORT = 27_127;

/** A range of loopback addresses that no other network on this machine uses. */
export interface LoopbackRange {
  readonly dialer: Dialer;
  /** `127.9.0.0/16`. */
  readonly subnet: string;
  /** The controller's own address in the range. */
  readonly controllerAddress: string;
  /** Returns the address of the node at a place of the topology. */
  addressOf(index: number): string;
  /** Frees the range. */
  release(): void;
}

/**
 * Claims a free range for this process. Only one process can listen on a port, so the first one has the range.
 * @throws DevnetError `host_limit` when none is free
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
    { hint: `networks of other processes have them, or a program listens on port ${CLAIM_PORT} of every address` },
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

/** @returns undefined when somebody else listens there */
async function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy()).listen(CLAIM_PORT, address);
  try {
    await once(server, 'listening');
    return server;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') return undefined;
    throw new DevnetError('host_limit', `this machine cannot listen on its loopback address ${address}: ${message}`, {
      hint: `Linux has all of ${formatIPv4(127 * 2 ** 24)}/8; on other systems, use the containers runtime`,
      cause,
    });
  }
}
