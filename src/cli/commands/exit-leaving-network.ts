import type { Runtime } from '../../network/runtime.ts';
import { pluralize } from '../../shared/text.ts';
import { formatCommand } from '../input/npm-run.ts';

/** Time limit for listing what is left at the second Ctrl-C. */
const LAST_LOOK_TIMEOUT_MS = 1_000;
/** Time limit for all of it. */
const EXIT_TIMEOUT_MS = 2_000;

/** Ends this process at the second Ctrl-C, and says what is left as far as the engine answers within a moment. */
export function exitLeavingNetwork(runtime: Runtime, name: string): void {
  // These nodes end with this process.
  if (runtime.name !== 'containers' && runtime.name !== 'swarm') process.exit(130);
  const exit = (what: string) => {
    const text = `\nleft ${what}; to remove it: ${formatCommand(`devnet down ${name}`)}\n`;
    process.stderr.write(text, () => process.exit(130));
  };
  setTimeout(() => exit(`"${name}" as it is`), LAST_LOOK_TIMEOUT_MS);
  // Standard error may be a pipe that nobody reads.
  setTimeout(() => process.exit(130), EXIT_TIMEOUT_MS);
  runtime.find(name).then(
    ([left]) => exit(left ? `${pluralize(left.nodes.length, 'node container')} of "${name}"` : 'nothing'),
    () => exit(`"${name}" as it is`),
  );
}
