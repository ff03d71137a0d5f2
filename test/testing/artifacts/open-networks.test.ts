import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  addOpenNetwork,
  beginTest,
  endTest,
  type OpenNetwork,
  recordTestFailure,
  removeNetworksOfTests,
  removeOpenNetwork,
} from '../../../src/testing/artifacts/open-networks.ts';

const added: OpenNetwork[] = [];
afterEach(() => {
  for (const network of added.splice(0)) removeOpenNetwork(network);
  vi.restoreAllMocks();
});

/** A network that keeps what it is to write artifacts about. */
class FakeNetwork implements OpenNetwork {
  readonly name: string;
  readonly failures: string[] = [];
  isUp = true;

  constructor(name = 'net') {
    this.name = name;
    added.push(this);
    addOpenNetwork(this);
  }

  get failureCount(): number {
    return this.failures.length;
  }

  async recordFailure(cause: unknown): Promise<string[]> {
    this.failures.push((cause as Error).message);
    return [`artifacts: ${this.name}`];
  }

  async down(): Promise<void> {
    this.isUp = false;
    removeOpenNetwork(this);
  }
}

/** A test that may fail later. */
function test(name = 'a test') {
  const running = { name, cause: undefined as unknown, failure: () => running.cause };
  beginTest(running, running);
  return running;
}

const silence = () => vi.spyOn(process.stderr, 'write').mockReturnValue(true);

describe('a test that ends', () => {
  it('well leaves no artifacts', async () => {
    const network = new FakeNetwork();
    await endTest(test());
    expect(network.failures).toEqual([]);
  });

  it('with a failure leaves artifacts of every network that is up, and prints where they are', async () => {
    const written = silence();
    const networks = [new FakeNetwork('one'), new FakeNetwork('two')];
    const failing = test();
    failing.cause = new Error('oh');
    await endTest(failing);
    expect(networks.map(({ failures }) => failures)).toEqual([['oh'], ['oh']]);
    expect(written.mock.calls.flat()).toEqual([
      'devnet: "a test" failed\n  artifacts: one\n',
      'devnet: "a test" failed\n  artifacts: two\n',
    ]);
  });

  it('with a failure about which artifacts were written leaves no more', async () => {
    silence();
    const network = new FakeNetwork();
    await network.recordFailure(new Error('before'));
    const first = test();
    await network.recordFailure(new Error('a wait'));
    first.cause = new Error('a wait');
    await endTest(first);
    const second = test();
    second.cause = new Error('another');
    await endTest(second);
    expect(network.failures).toEqual(['before', 'a wait', 'another']);
  });

  it('with a failure says nothing about a network that an earlier test left', async () => {
    silence();
    const first = test();
    const left = new FakeNetwork();
    await endTest(first);
    const second = test();
    second.cause = new Error('oh');
    await endTest(second);
    expect(left.failures).toEqual([]);
  });

  it('is not the only one that runs', async () => {
    silence();
    const [one, other] = [test('one'), test('other')];
    const network = new FakeNetwork();
    await endTest(other);
    one.cause = new Error('oh');
    await endTest(one);
    expect(network.failures).toEqual(['oh']);
  });
});

it('a network that is taken down after its test failed leaves artifacts first', async () => {
  silence();
  const failing = test();
  const network = new FakeNetwork();
  await recordTestFailure(network);
  failing.cause = 'not an error';
  await recordTestFailure(network);
  await endTest(failing);
  expect(network.failures).toEqual(['not an error']);
});

it('networks that tests left are taken down, and others stay', async () => {
  silence();
  const shared = new FakeNetwork('shared');
  const running = test();
  const left = new FakeNetwork('left');
  await endTest(running);
  await removeNetworksOfTests();
  expect([shared.isUp, left.isUp]).toEqual([true, false]);
});
