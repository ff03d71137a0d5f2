import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DevnetError } from '../../shared/errors.ts';
import { OFFICIAL_BASE_IMAGE } from './base-image.ts';
import type { ContextFile } from './bundled-image.ts';
import { listSharedLibraries } from './host-programs.ts';

/** Options that print a tool's version, where it is not `-V`. */
const VERSION_OPTIONS = new Map([
  ['nft', '-v'],
  ['tcpdump', '--version'],
]);

/**
 * Returns this machine's tools and their libraries, each at the path that the loader expects.
 * @param need start of the message about one that is missing: `link conditions and faults need`
 * @param tools the tools, each with Debian's package of it
 * @throws DevnetError `image_missing`
 */
export async function collectHostTools(need: string, tools: ReadonlyMap<string, string>): Promise<ContextFile[]> {
  const sources = new Map<string, string>();
  for (const tool of tools.keys()) {
    const path = await findHostTool(need, tool, [...new Set(tools.values())]);
    sources.set(`/usr/sbin/${tool}`, path);
    for (const library of await listSharedLibraries(path)) sources.set(library, library);
  }
  return Promise.all(
    [...sources].map(async ([path, source]) => ({ name: `tools${path}`, bytes: await readFile(source) })),
  );
}

async function findHostTool(need: string, tool: string, packages: readonly string[]): Promise<string> {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter(Boolean);
  for (const folder of folders) {
    try {
      await promisify(execFile)(`${folder}/${tool}`, [VERSION_OPTIONS.get(tool) ?? '-V']);
      return `${folder}/${tool}`;
    } catch {
      // Not in this folder.
    }
  }
  throw new DevnetError('image_missing', `${need} "${tool}", which this machine lacks`, {
    hint: `apt-get install ${packages.join(' ')}, or let the engine pull ${OFFICIAL_BASE_IMAGE}`,
  });
}
