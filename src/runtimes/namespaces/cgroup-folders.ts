import { accessSync, constants, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Controllers of control groups that set limits of nodes. */
export const CONTROLLERS = ['memory', 'cpu', 'pids'] as const;

export type Controller = (typeof CONTROLLERS)[number];

/** Folders in which this process may make control groups. A controller without one sets no limits. */
export interface CgroupFolders {
  /** With version 2, one hierarchy has all controllers. */
  version: 1 | 2;
  folders: Partial<Record<Controller, string>>;
}

/** Reads of the machine that decide where control groups can be made. */
export interface CgroupMachine {
  /** Text of /proc/self/cgroup. */
  groups: string;
  /** Text of /proc/self/mountinfo. */
  mounts: string;
  isWritable: (path: string) => boolean;
  /** Returns the text of a file; empty where there is none. */
  read: (path: string) => string;
}

/** Shell scripts get the folders as words. */
const PLAIN_PATH = /^[\w@:.,\\/+-]+$/;

/** Finds the folders on this machine. */
export function readCgroupFolders(): CgroupFolders {
  return findCgroupFolders({
    groups: readOrEmpty('/proc/self/cgroup'),
    mounts: readOrEmpty('/proc/self/mountinfo'),
    isWritable,
    read: readOrEmpty,
  });
}

/**
 * Finds the folders in which control groups can be made. With version 1, that is this process's own group; with version 2 the
 * one above, since a group with processes has no groups that set limits.
 */
export function findCgroupFolders({ groups, mounts, isWritable, read }: CgroupMachine): CgroupFolders {
  const usable = (path: string | undefined) =>
    path !== undefined && PLAIN_PATH.test(path) && isWritable(path) && isWritable(join(path, 'cgroup.procs'));
  const own = parseGroups(groups);
  const mounted = mounts.split('\n').flatMap((line) => parseMount(line) ?? []);
  const folderOf = (type: string, controller: string) => {
    const mount = mounted.find((one) => one.type === type && (type === 'cgroup2' || one.options.includes(controller)));
    const path = own.get(type === 'cgroup2' ? '' : controller);
    return mount && path !== undefined ? locate(mount, path) : undefined;
  };
  const first = Object.fromEntries(
    CONTROLLERS.flatMap((controller) => {
      const folder = folderOf('cgroup', controller);
      return usable(folder) ? [[controller, folder]] : [];
    }),
  );
  if (Object.keys(first).length > 0) return { version: 1, folders: first };
  const group = folderOf('cgroup2', '');
  // The root is the exception.
  const above = group === undefined || own.get('') === '/' ? group : dirname(group);
  if (!usable(above)) return { version: 2, folders: {} };
  const enabled = read(join(above as string, 'cgroup.subtree_control'))
    .trim()
    .split(' ');
  const second = CONTROLLERS.flatMap((controller) => (enabled.includes(controller) ? [[controller, above]] : []));
  return { version: 2, folders: Object.fromEntries(second) };
}

interface CgroupMount {
  type: string;
  /** Group that is mounted. */
  root: string;
  at: string;
  options: string[];
}

/** Returns the path of the group of this process, by controller; that of version 2 has an empty name. */
function parseGroups(text: string): Map<string, string> {
  const entries = text.split('\n').flatMap((line) => {
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return path === undefined ? [] : (names as string).split(',').map((name): [string, string] => [name, path]);
  });
  return new Map(entries);
}

/** Parses a line of /proc/PID/mountinfo; see proc(5). */
function parseMount(line: string): CgroupMount | undefined {
  const [mount = '', system = ''] = line.split(' - ');
  const [, , , root = '', at = ''] = mount.split(' ');
  const [type = '', , options = ''] = system.split(' ');
  return type === 'cgroup' || type === 'cgroup2' ? { type, root, at, options: options.split(',') } : undefined;
}

/** Returns where a group is visible; undefined where it is outside what is mounted. */
function locate({ root, at }: CgroupMount, group: string): string | undefined {
  if (root === '/') return group === '/' ? at : join(at, group);
  return group === root || group.startsWith(`${root}/`) ? join(at, group.slice(root.length)) : undefined;
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
