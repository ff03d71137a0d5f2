import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { DevnetError, describeError } from '../../shared/errors.ts';
import { describeFileError } from '../../shared/files/file-error.ts';

/** Certificates for an engine over TLS, in PEM. */
export interface EngineTls {
  /** Authorities that may sign the engine's certificate. @default the system's */
  ca?: Buffer;
  /** This client's certificate. @default none */
  cert?: Buffer;
  /** Key of `cert`. @default none */
  key?: Buffer;
  /** False: any certificate of the engine is accepted. */
  verify: boolean;
}

/**
 * Reads ca.pem, cert.pem and key.pem from a folder, as Docker's client does.
 * @param options.needsCa false: without ca.pem, the system's authorities count
 * @param options.source what named the folder, for the error message
 * @throws DevnetError `engine_missing` that names the file which is missing or wrong
 */
export function readTlsFiles(
  folder: string,
  { verify, needsCa, source }: { verify: boolean; needsCa: boolean; source: string },
): EngineTls {
  const read = (name: string): Buffer | undefined => {
    const file = join(folder, name);
    let content: Buffer;
    try {
      content = readFileSync(file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw certificateError(file, source, describeFileError(cause, 'file'), cause);
    }
    // Node takes anything for an authority, and then trusts nobody.
    if (!content.includes('-----BEGIN ')) throw certificateError(file, source, 'it is not in PEM form');
    return content;
  };
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map(read);
  if (needsCa && verify && !ca) throw certificateError(join(folder, 'ca.pem'), source, 'no such file');
  if (cert && !key) throw certificateError(join(folder, 'key.pem'), source, 'no such file');
  if (key && !cert) throw certificateError(join(folder, 'cert.pem'), source, 'no such file');
  try {
    createSecureContext({ ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) });
  } catch (cause) {
    throw certificateError(folder, source, describeError(cause), cause);
  }
  return { verify, ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
}

function certificateError(path: string, source: string, reason: string, cause?: unknown): DevnetError {
  const hint = source.startsWith('context ')
    ? `docker context update ${source.slice('context '.length)} --docker "host=…,ca=…,cert=…,key=…" stores them anew`
    : 'DOCKER_CERT_PATH names the folder of ca.pem, cert.pem and key.pem';
  return new DevnetError('engine_missing', `cannot use ${path} for TLS (${source}): ${reason}`, {
    hint,
    ...(cause === undefined ? {} : { cause }),
  });
}
