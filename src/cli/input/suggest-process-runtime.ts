import type { RuntimeName } from '../../network/capabilities.ts';
import type { Runtime } from '../../network/runtime.ts';
import { connectRuntime } from '../../runtimes/connect-runtime.ts';
import { DevnetError } from '../../shared/errors.ts';

/**
 * Connects to the runtime for a command that can also do without an engine, which the hint then says.
 * @throws DevnetError as `connectRuntime` does
 */
export async function connectRuntimeOrSuggestProcess(name: RuntimeName, command: string): Promise<Runtime> {
  try {
    return await connectRuntime(name);
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'engine_missing') throw cause;
    const hints = [cause.hint, `devnet ${command} --engine process runs without one`].filter(Boolean);
    throw new DevnetError(cause.code, cause.message, { hint: hints.join('; '), cause });
  }
}
