// Root hooks for mocha: `mocha --require devnet/mocha`.
import { beginTest, endTest, removeNetworksOfTests } from '../artifacts/open-networks.ts';

/** The object that mocha binds its hooks to, as far as they use it. */
interface MochaContext {
  currentTest?: { state?: string; err?: unknown; fullTitle(): string };
  timeout(milliseconds: number): void;
}

/** Root hooks, which mocha takes from a module that it requires. */
export const mochaHooks = {
  beforeEach(this: MochaContext): void {
    const test = this.currentTest;
    if (test === undefined) return;
    const failure = () => (test.state === 'failed' ? (test.err ?? 'it failed') : undefined);
    beginTest(test, { name: test.fullTitle(), failure });
  },
  async afterEach(this: MochaContext): Promise<void> {
    this.timeout(0);
    if (this.currentTest) await endTest(this.currentTest);
  },
  async afterAll(this: MochaContext): Promise<void> {
    this.timeout(0);
    await removeNetworksOfTests();
  },
};
