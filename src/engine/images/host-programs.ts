import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { DevnetError, describeError } from '../../shared/errors.ts';

/** Files of this machine, by their paths in an image. Symbolic links are followed. */
export type HostFiles = Map<string, string>;

/** A program of this machine, with everything that it loads. */
export interface HostProgram {
  /** Name and version, for people: `python 3.11.7`. */
  description: string;
  files: HostFiles;
}

/** Folders in which programs are looked for besides `PATH`, which often lacks these for ordinary users. */
const FURTHER_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
/** Parts of Python's library that no node uses, and that make up half of it. */
const PYTHON_PARTS_LEFT_OUT =
  /^(test|idlelib|tkinter|ensurepip|lib2to3|turtledemo|pydoc_data|site-packages|dist-packages|config-.*)$/;
const PYTHON_PATHS =
  'import sys, sysconfig; print(sys.executable); print(sysconfig.get_path("stdlib")); print(sys.version.split()[0])';

/**
 * Returns a program of this machine and the files it needs: its shared libraries, and for Python its standard library.
 * @returns undefined where this machine does not have the program
 */
export async function findHostProgram(name: string): Promise<HostProgram | undefined> {
  if (name === 'node') {
    const files = await withLibraries(new Map([['/usr/local/bin/node', process.execPath]]));
    return { description: `node ${process.versions.node}`, files };
  }
  const path = await findOnPath(name);
  if (path === undefined) return undefined;
  if (/^python3?$/.test(name)) return python(path);
  return { description: name, files: await withLibraries(new Map([[`/usr/local/bin/${name}`, await realpath(path)]])) };
}

/**
 * Python, moved to /usr/local: it looks for its library beside the folder of its own program. `path` may be a script that
 * chooses a version (pyenv), so Python itself is asked where it is.
 */
async function python(path: string): Promise<HostProgram> {
  const { stdout } = await promisify(execFile)(path, ['-c', PYTHON_PATHS]);
  const [executable = '', library = '', version] = stdout.trim().split('\n');
  const program = await realpath(executable);
  const files: HostFiles = new Map(
    ['python', 'python3', basename(program)].map((name) => [`/usr/local/bin/${name}`, program]),
  );
  const modules = await listFiles(library, PYTHON_PARTS_LEFT_OUT);
  for (const module of modules) files.set(`/usr/local/lib/${basename(library)}/${module}`, join(library, module));
  return { description: `python ${version}`, files: await withLibraries(files) };
}

/** Adds the shared libraries that the programs and libraries among the files load, each at the path that the loader expects. */
async function withLibraries(files: HostFiles): Promise<HostFiles> {
  const all = new Map(files);
  const loading = [...files].filter(([target]) => /\/bin\/|\.so$/.test(target)).map(([, source]) => source);
  for (const program of new Set(loading))
    for (const library of await listSharedLibraries(program)) all.set(library, library);
  return all;
}

/** Returns the paths of all plain files below a folder, relative to it. */
async function listFiles(folder: string, leftOut: RegExp): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const lists = entries
    .filter(({ name }) => !leftOut.test(name))
    .map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      return (await listFiles(join(folder, entry.name), leftOut)).map((path) => join(entry.name, path));
    });
  return (await Promise.all(lists)).flat();
}

async function findOnPath(name: string): Promise<string | undefined> {
  for (const folder of [...(process.env.PATH ?? '').split(':').filter(Boolean), ...FURTHER_FOLDERS]) {
    const path = join(folder, name);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}

/**
 * Returns the absolute paths of the shared libraries, and of the loader, that a program or library needs; none for one that
 * is linked statically.
 * @throws DevnetError `image_missing` where this machine has no tool to list them, `image_failed`
 */
export async function listSharedLibraries(program: string): Promise<string[]> {
  const libraries = await listLibrariesWith('ldd', [program]);
  if (libraries !== undefined) return libraries;
  const loader = await findLoader();
  if (loader !== undefined) return (await listLibrariesWith(loader, ['--list', program])) ?? [];
  throw new DevnetError('image_missing', 'this machine lacks ldd, which lists what a program needs in an image', {
    hint: 'apt-get install libc-bin, or let the engine pull node:20-bookworm-slim',
  });
}

/** Returns undefined where this machine does not have the tool. */
async function listLibrariesWith(tool: string, args: string[]): Promise<string[] | undefined> {
  try {
    return parseLibraries(await execute(tool, args));
  } catch (cause) {
    const { code, stderr = '', stdout = '' } = cause as NodeJS.ErrnoException & { stderr?: string; stdout?: string };
    if (code === 'ENOENT') return undefined;
    if (/not a (valid )?dynamic|invalid ELF header|file too short/i.test(stderr + stdout)) return [];
    throw new DevnetError('image_failed', `${tool} ${args.join(' ')}: ${stderr.trim() || describeError(cause)}`, {
      cause,
    });
  }
}

/** Small images lack ldd, a script that asks the loader; glibc's loader also answers by itself. */
async function findLoader(): Promise<string | undefined> {
  const env = { ...process.env, LD_TRACE_LOADED_OBJECTS: '1' };
  // Another loader starts the program, which then ends at once.
  const output = await execute(process.execPath, ['--version'], env);
  return parseLibraries(output).find((path) => /\/ld-[^/]*$|\/ld\.so/.test(path));
}

async function execute(program: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  return (await promisify(execFile)(program, args, { env })).stdout;
}

const parseLibraries = (output: string): string[] =>
  [...output.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] as string);
