import { inspectContainer } from '../../engine/containers.ts';
import type { Engine } from '../../engine/engine.ts';
import { readContainerLogs } from '../../engine/logs.ts';

const MAX_LOG_LINES = 10;

/** The end of a container's log, indented under a message; empty when it wrote nothing. */
export async function readLastLines(engine: Engine, id: string): Promise<string> {
  const lines: string[] = [];
  for await (const batch of readContainerLogs(engine, id, { follow: false, tail: MAX_LOG_LINES }))
    lines.push(...batch.map(({ text }) => text));
  return lines.map((line) => `\n    ${line}`).join('');
}

/** How a container ended, in words, with the end of its log: `ended with exit code 1`. */
export async function describeExit(engine: Engine, id: string): Promise<string> {
  const detail = await inspectContainer(engine, id);
  if (!detail) return 'is gone: its container was removed';
  const how = detail.oomKilled
    ? `was ended by the kernel for using more than its memory (exit code ${detail.exitCode})`
    : `ended with exit code ${detail.exitCode}`;
  const why = detail.error === '' ? '' : `: ${detail.error}`;
  const words = await readLastLines(engine, id);
  return `${how}${why}${words === '' ? ', and wrote nothing' : `; its last lines:${words}`}`;
}
