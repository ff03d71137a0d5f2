// Hooks for node:test: `import 'devnet/node-test'` in a test file.
import { after, afterEach, beforeEach } from 'node:test';
import { beginTest, endTest, removeNetworksOfTests } from '../artifacts/open-networks.ts';

/** The argument that Node.js 20.12 and newer pass to hooks; their types do not have it yet. */
interface TestContext {
  name: string;
  error?: Error;
}

beforeEach((context) => {
  const test = context as unknown as TestContext;
  beginTest(test, { name: test.name, failure: () => test.error ?? undefined });
});
afterEach((context) => endTest(context));
after(removeNetworksOfTests);
