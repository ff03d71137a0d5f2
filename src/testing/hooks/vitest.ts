// Hooks for vitest: `setupFiles: ['devnet/vitest']`.
import { afterAll, afterEach, beforeEach, type RunnerTask } from 'vitest';
import { beginTest, endTest, removeNetworksOfTests } from '../artifacts/open-networks.ts';

/** Longer than a dump takes in which every part times out. */
const HOOK_TIMEOUT_MS = 300_000;

/** Returns the name of a test after those of its suites. */
function fullNameOf({ name, suite }: RunnerTask): string {
  return suite ? `${fullNameOf(suite)} > ${name}` : name;
}

beforeEach(({ task }) => {
  beginTest(task, {
    name: fullNameOf(task),
    failure: () => (task.result?.state === 'fail' ? (task.result.errors?.[0]?.message ?? 'it failed') : undefined),
  });
});
afterEach(({ task }) => endTest(task), HOOK_TIMEOUT_MS);
afterAll(removeNetworksOfTests, HOOK_TIMEOUT_MS);
