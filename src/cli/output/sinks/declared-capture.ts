import { type CaptureFile, startCaptureFile } from '../../../capture/capture-file.ts';
import type { RunningNetwork } from '../../../network/running-network.ts';
import { describeError } from '../../../shared/errors.ts';
import { networkFolder } from '../../input/log-files.ts';
import { paint, warn, writeToStderr } from '../format.ts';

/**
 * Captures the packets of a network beside its log where its topology says `capture: true`.
 * @returns undefined where it does not; or where that fails, which is named on standard error
 */
export async function startDeclaredCapture(network: RunningNetwork): Promise<CaptureFile | undefined> {
  if (!network.topology.capture) return undefined;
  const fail = (cause: unknown) => warn(`no packets are captured: ${describeError(cause)}`);
  try {
    const capture = await startCaptureFile(network, networkFolder(network.name), fail);
    writeToStderr(`  ${paint('gray', `packets are captured in ${capture.path}`, process.stderr)}`);
    return capture;
  } catch (cause) {
    fail(cause);
    return undefined;
  }
}
