import { readFile } from 'node:fs/promises';
import { pack } from 'tar-stream';
import type { Engine } from '../connection/engine.ts';
import type { HostFiles } from './host-programs.ts';
import { importImage } from './images.ts';

/**
 * Imports an image of one layer that has these files of this machine, the users root and node (1000), and /tmp.
 * @throws DevnetError `engine_failed`, `disk_full`
 */
export async function importRootFileSystem(
  engine: Engine,
  files: HostFiles,
  repository: string,
  tag: string,
): Promise<void> {
  const root = pack();
  const mtime = new Date(0);
  const write = async () => {
    root.entry({ name: 'tmp/', type: 'directory', mode: 0o1777, mtime });
    root.entry(
      { name: 'etc/passwd', mtime },
      'root:x:0:0:root:/:/sbin/nologin\nnode:x:1000:1000:node:/:/sbin/nologin\n',
    );
    root.entry({ name: 'etc/group', mtime }, 'root:x:0:\nnode:x:1000:\n');
    root.entry({ name: 'etc/nsswitch.conf', mtime }, 'hosts: files dns\n');
    for (const [path, source] of files) root.entry({ name: path.slice(1), mode: 0o755, mtime }, await readFile(source));
    root.finalize();
  };
  await Promise.all([write(), importImage(engine, root, repository, tag)]);
}
