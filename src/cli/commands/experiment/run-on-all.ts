import { RUNTIME_CAPABILITIES, type RuntimeName } from '../../../network/capabilities.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { paint, writeToStderr } from '../../output/format.ts';
import { differingExpectations, formatRuntimeComparison, type RuntimeRun } from '../../output/runtime-comparison.ts';

/** Result of a run on one runtime. */
export type CompletedRun = Omit<Extract<RuntimeRun, { upMs: number }>, 'runtime'>;

/** A swarm does what containers do, on more machines. */
const RUNTIMES_OF_THIS_MACHINE = (Object.keys(RUNTIME_CAPABILITIES) as RuntimeName[]).filter(
  (name) => name !== 'swarm',
);

/** Errors for which a runtime is left out: this machine does not have it, or it cannot do what the file asks for. */
const SKIPPING_CODES: readonly string[] = ['engine_missing', 'engine_denied', 'engine_too_old', 'usage'];

/**
 * Runs a scenario on every runtime, one after another, and prints verdicts and timings side by side. The exit status is 1 when
 * an expectation was missed, when verdicts differ, and when there is nothing to compare.
 * @throws what a run throws, but for runtimes that are left out
 */
export async function runOnAllRuntimes(
  run: (runtime: RuntimeName) => Promise<CompletedRun>,
  json: boolean,
): Promise<void> {
  const runs: RuntimeRun[] = [];
  for (const runtime of RUNTIMES_OF_THIS_MACHINE) {
    writeToStderr(paint('bold', `\non ${runtime}`, process.stderr));
    runs.push({ runtime, ...(await runUnlessMissing(() => run(runtime))) });
  }
  process.stdout.write(
    json
      ? `${JSON.stringify({ runs, differing: differingExpectations(runs) })}\n`
      : `\n${formatRuntimeComparison(runs)}`,
  );
  const results = runs.flatMap((one) => ('result' in one ? [one.result] : []));
  const isFine =
    results.length > 1 && results.every(({ passed }) => passed) && differingExpectations(runs).length === 0;
  if (!isFine) process.exitCode = 1;
}

async function runUnlessMissing(run: () => Promise<CompletedRun>): Promise<CompletedRun | { skipped: string }> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof DevnetError) || !SKIPPING_CODES.includes(cause.code)) throw cause;
    writeToStderr(`left out: ${cause.message}`);
    return { skipped: cause.message };
  }
}
