import type { RuntimeName } from '../../network/capabilities.ts';
import type { Runtime } from '../../network/runtime.ts';
import { connectRuntime } from '../../runtimes/connect-runtime.ts';
import { DevnetError } from '../../shared/errors.ts';

/**
 * Connects to the runtime for a command that other runtimes can do too; where no engine answers, the hint names them.
 * @throws DevnetError as `connectRuntime` does
 */
export async function connectRuntimeOrSuggestOther(name: RuntimeName, command: string): Promise<Runtime> {
  try {
    return await connectRuntime(name);
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'engine_missing' || name === 'swarm') throw cause;
    const namespaces =
      name !== 'namespaces' && (await hasNamespaces()) ? `devnet ${command} --engine namespaces, or ` : '';
    const hints = [cause.hint, `${namespaces}devnet ${command} --engine process runs without one`].filter(Boolean);
    throw new DevnetError(cause.code, cause.message, { hint: hints.join('; '), cause });
  }
}

/** Returns whether nothing that network namespaces need is known to be missing. */
async function hasNamespaces(): Promise<boolean> {
  const { findMissing, readMachineFacts } = await import('../../runtimes/namespaces/preflight.ts');
  return findMissing(readMachineFacts(false), 1).length === 0;
}
