import { until } from '../../support/until.ts';
import type { TestbedHost } from './testbed.ts';

const BYTES = 2_000_000;
const MAX_TRANSFERS = 5;
const CLOSE_ENOUGH = 0.95;
/** A full segment with its headers and without. */
const WIRE_SHARE = 1_514 / 1_448;

/**
 * Returns the share of a rate, in bits per second, that transfers from one host to another have. It is that of the fastest of some:
 * a busy machine holds a transfer up, and nothing makes one too fast.
 * @param connect connects them, by a name for the connection
 */
export async function measureShareOfRate(
  from: TestbedHost,
  to: TestbedHost,
  rate: number,
  connect: (connection: string) => Promise<unknown>,
): Promise<number> {
  let share = 0;
  for (let transfer = 0; transfer < MAX_TRANSFERS && share < CLOSE_ENOUGH; transfer++) {
    const connection = `transfer-${Math.random().toString(36).slice(2)}`;
    await connect(connection);
    share = Math.max(share, (await measureRate(from, to, connection)) / rate);
  }
  return share;
}

/** Returns the bits per second received, as Ethernet frames, from the first byte to the last. */
async function measureRate(from: TestbedHost, to: TestbedHost, connection: string): Promise<number> {
  const before = to.eventsOf('data').length;
  await from.send({ op: 'blast', connection, bytes: BYTES });
  const received = () => to.eventsOf('data').slice(before);
  const size = () => received().reduce((sum, { bytes }) => sum + bytes, 0);
  await until(() => size() >= BYTES, 'all bytes', { timeoutMs: 20_000 });
  const [first, last] = [received()[0], received().at(-1)] as [{ at: number; bytes: number }, { at: number }];
  return ((size() - first.bytes) * 8 * WIRE_SHARE) / ((last.at - first.at) / 1_000);
}
