import { DevnetError, type ErrorCode } from '../../shared/errors.ts';
import { openFilesError } from '../../shared/files/open-files.ts';
import { usesDefaultEngine } from './engine-endpoint.ts';

/** Rejection of docker-modem: an HTTP reply with an error status, or a failed socket. */
interface EngineRejection extends Error {
  statusCode?: number;
  /** The engine's reply; its `message` is worth showing. */
  json?: unknown;
  /** Error code of the system call, when there was no reply. */
  code?: string;
}

interface ClassifiedError {
  code: ErrorCode;
  message: string;
  hint?: string;
}

/**
 * Classifies an engine's failure: as an error that the user can act on, with a hint, or as `engine_failed`.
 * @param task completes "could not": `start n3`
 */
export function toEngineError(cause: unknown, task: string): DevnetError {
  if (cause instanceof DevnetError) return cause;
  const tooManyFiles = openFilesError(cause);
  if (tooManyFiles) return tooManyFiles;
  const { code, message, hint } = classifyError(cause as EngineRejection, task);
  return new DevnetError(code, message, { ...(hint === undefined ? {} : { hint }), cause });
}

/** Returns the HTTP status of the engine's refusal; undefined when it did not reply. */
export function httpStatusOf(cause: unknown): number | undefined {
  return (cause as EngineRejection | undefined)?.statusCode;
}

/** Runs `work` and turns its rejections into {@link DevnetError}s, see {@link toEngineError}. */
export async function wrapEngineErrors<T>(task: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw toEngineError(cause, task);
  }
}

function classifyError(cause: EngineRejection, task: string): ClassifiedError {
  const reason = engineMessage(cause);
  const failed = `could not ${task}`;
  switch (cause.code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTFOUND':
      return { code: 'engine_missing', message: 'no container engine answers', hint: startHint() };
    case 'EACCES':
    case 'EPERM':
      return {
        code: 'engine_denied',
        message: `${failed}: this user may not use the engine's socket`,
        hint: 'sudo usermod -aG docker $USER, then log in again',
      };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ETIMEDOUT':
    case 'ECONNABORTED':
      return {
        code: 'engine_gone',
        message: `${failed}: the connection to the engine was lost (${reason})`,
        hint: `${startHint()}, then devnet down to remove the rest`,
      };
  }
  if (/no space left on device/i.test(reason)) {
    return {
      code: 'disk_full',
      message: `${failed}: the engine's disk is full`,
      hint: 'docker system df shows what takes the space; docker image prune and docker builder prune free some',
    };
  }
  if (/pool overlaps|overlaps with|address space|already used on the host/i.test(reason)) {
    return {
      code: 'subnet_taken',
      message: `${failed}: ${reason}`,
      hint: 'remove `subnet` from the file to have a free one chosen, or choose another',
    };
  }
  // Podman's status for it is 500.
  if (/\bname\b.* already in use/i.test(reason)) {
    return { code: 'name_taken', message: `${failed}: ${reason}`, hint: 'devnet ls shows what is running' };
  }
  if (/vxlan/i.test(reason)) {
    const hint = 'modprobe vxlan on that host: its kernel needs VXLAN for a network over several hosts';
    return { code: 'engine_failed', message: `${failed}: ${reason}`, hint };
  }
  if (cause.statusCode === 404 && /no such image/i.test(reason)) {
    return { code: 'image_missing', message: `${failed}: ${reason}`, hint: 'build it or pull it first' };
  }
  return { code: 'engine_failed', message: `${failed}: ${reason}` };
}

function startHint(): string {
  return usesDefaultEngine() ? 'docker/engine up' : 'start that engine again';
}

function engineMessage(cause: EngineRejection): string {
  const message = (cause.json as { message?: unknown } | undefined)?.message;
  const text = typeof message === 'string' ? message : (cause.message ?? String(cause));
  // dockerode puts the status in front of what the engine says in reply to a request for a stream.
  return text.replace(/^\(HTTP code \d+\) [\w ]+ - /, '').trim();
}
