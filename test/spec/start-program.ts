import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { closedPort } from '../support/closed-port.ts';

/** Running node program. */
export interface Program {
  readonly port: number;
  /** Kills it and everything that it started. */
  stop(): void;
}

/** Starts a program that listens at DEVNET_HOST and DEVNET_PORT, and waits until it does. */
export async function startProgram(command: string, args: string[], env: NodeJS.ProcessEnv = {}): Promise<Program> {
  const port = await closedPort();
  const child = spawn(command, args, {
    // In a process group of its own, so that what a script leaves running is killed with it.
    detached: true,
    stdio: 'ignore',
    env: { ...process.env, ...env, DEVNET_HOST: '127.0.0.1', DEVNET_PORT: String(port) },
  });
  const stop = () => kill(child);
  for (let tries = 0; tries < 100; tries++) {
    if (await isListening(port)) return { port, stop };
    await sleep(100);
  }
  stop();
  throw new Error(`${command} ${args.join(' ')} does not listen after 10 s`);
}

function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}
