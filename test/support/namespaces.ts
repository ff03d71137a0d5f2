import { SUPERVISOR_NAMESPACES } from '../../src/runtimes/namespaces/launch-scripts.ts';
import { findMissing, readMachineFacts } from '../../src/runtimes/namespaces/preflight.ts';
import { spawnSync } from './run-sync.ts';

/** Whether this machine can run networks in namespaces. Tests of those are skipped elsewhere, as on macOS. */
export const hasNamespaces =
  findMissing(readMachineFacts(true), 100).length === 0 &&
  spawnSync('unshare', [...SUPERVISOR_NAMESPACES, '--', 'true']).status === 0;
