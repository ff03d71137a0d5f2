import { DevnetError, type ErrorCode } from '../shared/errors.ts';

/** What docker-modem rejects with: an HTTP reply that is an error, or a socket that failed. */
interface EngineRejection extends Error {
  statusCode?: number;
  /** The engine's reply; its `message` is the one sentence worth showing. */
  json?: unknown;
  /** The system call's error, when there was no reply. */
  code?: string;
}

interface ClassifiedError {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/**
 * The engine's failure in our words: which of the errors a person can act on it is, and what to do.
 * @param doing what was being tried, as it follows "could not": `start n3`
 */
export function toEngineError(cause: unknown, doing: string): DevnetError {
  if (cause instanceof DevnetError) return cause;
  const { code, message, hint } = classifyError(cause as EngineRejection, doing);
  return new DevnetError(code, message, { ...(hint === undefined ? {} : { hint }), cause });
}

/** The HTTP status the engine refused with, if it answered at all. */
export function httpStatusOf(cause: unknown): number | undefined {
  return (cause as EngineRejection | undefined)?.statusCode;
}

/** Runs `work`; what the engine rejects comes out as a {@link DevnetError}. */
export async function wrapEngineErrors<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toEngineError(cause, doing);
  }
}

function classifyError(cause: EngineRejection, doing: string): ClassifiedError {
  const reason = engineMessage(cause);
  const could = `could not ${doing}`;
  switch (cause.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
      return { code: 'engine_missing', message: 'no container engine answers', hint: 'docker/engine up' };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'engine_denied',
        message: `${could}: this user may not use the engine's socket`,
        hint: 'sudo usermod -aG docker $USER, then log in again',
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'ECONNABORTED':
      return {
        code: 'engine_gone',
        message: `${could}: the engine went away (${reason})`,
        hint: 'docker/engine up, then devnet down to remove what is left',
      };
  }
  if (/no space left on device/i.test(reason)) {
    return {
      code: 'disk_full',
      message: `${could}: the engine's disk is full`,
      hint: 'docker system df; docker system prune',
    };
  }
  if (/pool overlaps|overlaps with|address space|already used on the host/i.test(reason)) {
    return {
      code: 'subnet_taken',
      message: `${could}: ${reason}`,
      hint: 'take `subnet` out of the file to have a free one chosen, or name another',
    };
  }
  // Podman says it with status 500.
  if (/\bname\b.* already in use/i.test(reason)) {
    return { code: 'name_taken', message: `${could}: ${reason}`, hint: 'devnet ls shows what is running' };
  }
  if (cause.statusCode === 404 && /no such image/i.test(reason)) {
    return { code: 'image_missing', message: `${could}: ${reason}`, hint: 'build it or pull it first' };
  }
  return { code: 'engine_failed', message: `${could}: ${reason}` };
}

function engineMessage(cause: EngineRejection): string {
  const message = (cause.json as { message?: unknown } | undefined)?.message;
  return (typeof message === 'string' ? message : (cause.message ?? String(cause))).trim();
}
