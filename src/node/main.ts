import { buildSnapshot } from './build-snapshot.ts';
import { runNode } from './run-node.ts';

const [argument] = process.argv.slice(2);
if (process.execArgv.includes('--build-snapshot')) buildSnapshot(runNode);
else if (argument === undefined) runNode();
else {
  const settings = 'a node takes its settings from the environment, as in DEVNET_NAME=n1 DEVNET_PORT=3000';
  process.stderr.write(`unexpected argument ${JSON.stringify(argument)}: ${settings}\n`);
  process.exitCode = 1;
}
