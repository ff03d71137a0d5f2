import { spawn } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import type { ExecSession } from '../../engine/exec.ts';
import { DevnetError } from '../../shared/errors.ts';
import { openChildSession } from './child-session.ts';
import { systemPath } from './preflight.ts';

/**
 * Starts a program of this machine in the network namespace of a supervisor, where it can dial nodes and they can dial it. It
 * has no other privilege than the namespace's own.
 * @param namespace `net:[4026532000]`, as /proc names it
 * @throws DevnetError `no_such_devnet` when nothing is in that namespace any more
 */
export function enterNetwork(namespace: string, command: readonly string[]): ExecSession {
  const pid = findMember(namespace);
  if (pid === undefined) throw new DevnetError('no_such_devnet', 'the network is gone: its supervisor has ended');
  const args = [`--target=${pid}`, '--user', '--preserve-credentials', '--net', '--', ...command];
  return openChildSession(spawn('nsenter', args, { env: { ...process.env, PATH: systemPath() }, stdio: 'pipe' }));
}

function findMember(namespace: string): number | undefined {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).find((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/ns/net`) === namespace;
    } catch {
      return false; // It ended, or belongs to another user.
    }
  });
}
