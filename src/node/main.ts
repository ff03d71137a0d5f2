import { buildSnapshot } from './build-snapshot.ts';
import { runNode } from './run-node.ts';

if (process.execArgv.includes('--build-snapshot')) buildSnapshot(runNode);
else runNode();
