// Runs the engine tests with a controller that cannot reach the nodes directly, as with Docker Desktop or a remote engine: in
// a network namespace with nothing but loopback, where the engine's socket is the only way out. Every node is then reached
// through the tunnel. Takes vitest's arguments: `npm run test:tunnel -- test/controller/lifecycle/up.engine.test.ts`.
import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const INSIDE_NAMESPACE_ENV = 'DEVNET_TEST_TUNNEL';

function fail(what, hint) {
  console.error(`test-through-tunnel: ${what}\n  → ${hint}`);
  process.exit(1);
}

/** Runs this script again in a new network namespace whose loopback is up. */
function reexecInNamespace() {
  const host = process.env.DOCKER_HOST ?? 'unix://';
  if (!host.startsWith('unix://')) {
    fail(`DOCKER_HOST is ${host}, which cannot be reached from another network namespace`, 'unset DOCKER_HOST');
  }
  const user = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const command = ['--net', ...user, 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'];
  const { status, error } = spawnSync('unshare', [...command, process.execPath, ...process.argv.slice(1)], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, [INSIDE_NAMESPACE_ENV]: '1' },
  });
  if (error) fail(`unshare cannot be run: ${error.message}`, 'this needs Linux with util-linux and iproute2');
  process.exitCode = status ?? 1;
}

function runTests() {
  const others = Object.keys(networkInterfaces()).filter((name) => name !== 'lo');
  if (others.length > 0)
    fail(`the network namespace is not empty: it has ${others.join(', ')}`, `unset ${INSIDE_NAMESPACE_ENV}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = ['run', '--project', 'engine', '--project', 'alone', ...process.argv.slice(2)];
  const { status } = spawnSync(process.execPath, [vitest, ...args], { cwd: root, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

if (process.env[INSIDE_NAMESPACE_ENV]) runTests();
else reexecInNamespace();
