import type { Engine } from '../../engine/connection/engine.ts';
import { inspectContainer } from '../../engine/containers.ts';
import { readContainerLogs } from '../../engine/logs.ts';

const MAX_LOG_LINES = 10;

/** Returns the last lines of a container's log, indented for the end of a message; empty when there are none. */
export async function readLastLines(engine: Engine, id: string): Promise<string> {
  const lines: string[] = [];
  for await (const batch of readContainerLogs(engine, id, { follow: false, tail: MAX_LOG_LINES }))
    lines.push(...batch.map(({ text }) => text));
  return lines.map((line) => `\n    ${line}`).join('');
}

/** Returns the last lines of a container's log as the end of a sentence. */
export async function describeLastLines(engine: Engine, id: string): Promise<string> {
  const lines = await readLastLines(engine, id);
  return lines === '' ? ', and wrote nothing' : `; its last lines:${lines}`;
}

/** Describes how a container ended: `ended with exit code 1; its last lines: …`. */
export async function describeExit(engine: Engine, id: string): Promise<string> {
  const detail = await inspectContainer(engine, id);
  if (!detail) return 'is gone: its container was removed';
  const exit = detail.oomKilled
    ? `was killed by the kernel for using more than its memory (exit code ${detail.exitCode})`
    : `ended with exit code ${detail.exitCode}`;
  const reason = detail.error === '' ? '' : `: ${detail.error}`;
  return `${exit}${reason}${await describeLastLines(engine, id)}`;
}
