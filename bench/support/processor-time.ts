import { readdirSync, readFileSync } from 'node:fs';

/** Returns the processor time of all threads of a process, milliseconds: nanoseconds are the first figure of each thread's schedstat. */
export function processorTime(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((id) =>
    Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'utf8').split(' ')[0]),
  );
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e6;
}
