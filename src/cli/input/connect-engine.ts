import { connectEngine, type Engine } from '../../engine/engine.ts';
import { DevnetError } from '../../shared/errors.ts';

/**
 * Connects to the engine for a command that can also run without one, which the hint then says.
 * @throws DevnetError as `connectEngine` does
 */
export async function connectEngineOrSuggestProcess(command: string): Promise<Engine> {
  try {
    return await connectEngine();
  } catch (cause) {
    if (!(cause instanceof DevnetError) || cause.code !== 'engine_missing') throw cause;
    const hints = [cause.hint, `devnet ${command} --engine process runs without one`].filter(Boolean);
    throw new DevnetError(cause.code, cause.message, { hint: hints.join('; '), cause });
  }
}
