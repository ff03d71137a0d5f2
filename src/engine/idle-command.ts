/**
 * Command of a container of the bundled image that only waits. The first process of a container ignores SIGTERM without a
 * listener, and would have to be killed after a while.
 */
export const IDLE_COMMAND = [
  'node',
  '-e',
  "const timer = setInterval(() => {}, 2 ** 30); process.on('SIGTERM', () => clearInterval(timer))",
];
