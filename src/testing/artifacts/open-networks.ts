import { describeError } from '../../shared/errors.ts';
import { printArtifacts } from './failure-artifacts.ts';

/** A network of this process that is up. */
export interface OpenNetwork {
  readonly name: string;
  /** Number of failures so far that artifacts were written about. */
  readonly failureCount: number;
  /** Writes artifacts about a failure. @returns lines that say where they are */
  recordFailure(cause: unknown): Promise<string[]>;
  down(): Promise<void>;
}

/** A test, as its runner knows it. */
export interface RunningTest {
  name: string;
  /** Returns what the test failed with; undefined while it has not failed. */
  failure(): unknown;
}

/** The networks that are up, each with the tests that ran when it was brought up. */
const networks = new Map<OpenNetwork, readonly object[]>();

interface TestRecord extends RunningTest {
  /** Failures of each network that artifacts had been written about when the test began. */
  failuresBefore: ReadonlyMap<OpenNetwork, number>;
}

/** The tests that run, by the runner's own object. */
const tests = new Map<object, TestRecord>();

/** Registers a network until it is taken down. */
export function addOpenNetwork(network: OpenNetwork): void {
  networks.set(network, [...tests.keys()]);
}

export function removeOpenNetwork(network: OpenNetwork): void {
  networks.delete(network);
}

/** Notes that a test begins. @param key the runner's own object for it */
export function beginTest(key: object, test: RunningTest): void {
  const failuresBefore = new Map([...networks.keys()].map((network) => [network, network.failureCount]));
  tests.set(key, { ...test, failuresBefore });
}

/** Notes that a test has ended; if it failed, writes artifacts of every network that is up. Never throws. */
export async function endTest(key: object): Promise<void> {
  await Promise.all([...networks.keys()].map((network) => recordTestFailure(network)));
  tests.delete(key);
}

/**
 * Writes artifacts of a network if a test that runs has failed, unless some were written since that test began, and prints
 * where they are. Never throws.
 */
export async function recordTestFailure(network: OpenNetwork): Promise<void> {
  const owners = networks.get(network) ?? [];
  // A test that timed out may have left it: then it has nothing to do with later failures.
  if (owners.length > 0 && !owners.some((owner) => tests.has(owner))) return;
  for (const { name, failure, failuresBefore } of tests.values()) {
    const cause = failure();
    if (cause === undefined || network.failureCount > (failuresBefore.get(network) ?? 0)) continue;
    printArtifacts(`"${name}" failed`, await network.recordFailure(new Error(describeError(cause), { cause })));
  }
}

/** Takes the networks down that tests brought up and left, as one does that timed out. Never throws. */
export async function removeNetworksOfTests(): Promise<void> {
  const left = [...networks].filter(([, owners]) => owners.length > 0).map(([network]) => network);
  await Promise.all(
    left.map(async (network) => {
      process.stderr.write(`devnet: a test left "${network.name}" up; it is taken down\n`);
      await network.down().catch((cause: unknown) => process.stderr.write(`devnet: ${describeError(cause)}\n`));
    }),
  );
}
