import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { Devnet, DevnetError, type DevnetOptions, type RuntimeName, shapes } from '../../src/index.ts';
import { RecordingReader } from '../../src/recording/recording-reader.ts';
import { root } from '../support/paths.ts';

/** Files of a dump on every runtime. */
const FILES = [
  'graph-actual.svg',
  'graph-declared.svg',
  'journal.jsonl',
  'log.jsonl',
  'logs',
  'plan.json',
  'recording.jsonl',
  'replay.html',
  'status.json',
  'topology.json',
  'versions.json',
];

/** Ways for a process to end; SIGKILL leaves nothing of what ran in it. */
const EXITS: Record<RuntimeName, string[]> = {
  containers: ['process.exit', 'SIGKILL'],
  namespaces: ['process.exit', 'SIGKILL'],
  process: ['process.exit', 'an error', 'SIGINT'],
  swarm: ['process.exit', 'SIGKILL'],
};

/**
 * Tests of the artifacts that every runtime has to pass.
 * @param more files of this runtime beside {@link FILES}
 * @param isUp returns whether anything of a network is left
 */
export function artifactsContract(
  engine: RuntimeName,
  more: readonly string[],
  isUp: (net: Devnet<string>) => Promise<boolean>,
): void {
  const artifacts = mkdtempSync(join(tmpdir(), 'devnet-artifacts-'));
  const options = (others: DevnetOptions = {}): DevnetOptions => ({ engine, artifacts, ...others });
  const LINE = { nodes: ['a', 'b', 'c'], links: ['a <-> b <-> c'], name: 'lib' } as const;
  const linesOf = (folder: string, file: string) =>
    readFileSync(join(folder, file), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const failure = (work: Promise<unknown>) =>
    work.then(
      () => expect.unreachable('it did not fail'),
      (cause: Error) => cause,
    );
  /** Returns the folder that an error's message names. */
  const folderOf = ({ message }: Error) => /^ {2}artifacts: (.+)$/m.exec(message)?.[1] as string;
  const dumpsOf = (net: { name: string }) => {
    const folder = join(artifacts, net.name);
    return readdirSync(artifacts).includes(net.name) ? readdirSync(folder) : [];
  };

  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(artifacts, { recursive: true }));

  describe('artifacts', () => {
    it('are written when a wait times out, and the error names the folder', async () => {
      await using net = await Devnet.up(LINE, options());
      await net.node('c').kill();
      const cause = await failure(net.waitFor(() => false, { timeout: 50 }));
      const folder = folderOf(cause);
      expect(folder.startsWith(join(artifacts, net.name, 'dump-'))).toBe(true);
      expect(cause.stack).toContain(`artifacts: ${folder}`);
      expect(readdirSync(folder).sort()).toEqual([...FILES, ...more].sort());
      expect(readdirSync(join(folder, 'logs'))).toEqual(expect.arrayContaining(['a.jsonl', 'b.jsonl', 'c.jsonl']));
      const read = (file: string) => readFileSync(join(folder, file), 'utf8');
      const status = JSON.parse(read('status.json'));
      expect(status.drift).toMatchObject({ down: ['c'] });
      expect(status.links).toContainEqual(expect.objectContaining({ from: 'b', to: 'a', state: 'up' }));
      expect(JSON.parse(read('topology.json')).links).toHaveLength(4);
      expect(read('graph-actual.svg')).toMatch(/^<svg/);
      const journal = linesOf(folder, 'journal.jsonl');
      expect(journal.map(({ event }) => event)).toEqual(['up', 'kill', 'failed']);
      // The error as it was thrown, but for the line that was added after the dump.
      expect(`${journal[2]!.message}\n  artifacts: ${folder}`).toBe(cause.message);
      expect(linesOf(folder, 'log.jsonl').map(({ event }) => event)).toContain('listening');
      expect(JSON.parse(read('versions.json'))).toHaveProperty('engine');
      expect(read('replay.html')).toContain('<script type="text/plain" data-recording="log">');
      const recording = await RecordingReader.open(join(folder, 'recording.jsonl'));
      const { nodes, links, ended } = await recording.seek(recording.endTime);
      expect(nodes.map(({ name, state }) => `${name} ${state}`)).toEqual(['a running', 'b running', 'c exited']);
      expect(links).toContainEqual(expect.objectContaining({ from: 'b', to: 'a', state: 'up' }));
      expect(links).toContainEqual(expect.objectContaining({ from: 'b', to: 'c', state: 'dead' }));
      expect(ended).toBe('stopped');
      expect(await recording.timeline()).toMatchObject([
        { type: 'step', description: 'kill c' },
        { type: 'verdict', met: false, seen: journal[2]!.message },
        { type: 'end' },
      ]);
      expect((await recording.entriesUntil(recording.endTime, 1_000)).map(({ event }) => event)).toContain('listening');
    });

    it('are written when gossip does not arrive, and when the graph does not converge', async () => {
      await using net = await Devnet.up({ ...LINE, links: ['a <-> b'] }, options());
      const lost = await failure(net.gossip('a', 1, { timeout: 4_000 }));
      expect(lost.message).toMatch(/not by c\n[\s\S]*\n {2}artifacts: /);
      await net.node('a').send('remove_peer', net.node('b').address);
      const drifted = await failure(net.converged({ timeout: 100 }));
      expect(folderOf(drifted)).not.toBe(folderOf(lost));
      const done = linesOf(folderOf(drifted), 'journal.jsonl');
      expect(done.filter(({ event }) => event === 'send').map(({ message_type }) => message_type)).toEqual([
        'gossip',
        'remove_peer',
      ]);
      expect(JSON.parse(readFileSync(join(folderOf(drifted), 'status.json'), 'utf8')).drift.missing).toEqual([
        { from: 'a', to: 'b' },
      ]);
    });

    it('are not written for usage errors, for failures inside a condition, or with artifacts: false', async () => {
      await using net = await Devnet.up(LINE, options());
      await failure(net.relink(shapes.ring(2)));
      await net.node('c').kill();
      await failure(net.node('c').send('ping'));
      await failure(net.waitFor(() => true, { signal: AbortSignal.abort(new Error('no')) }));
      const looking = () => net.converged({ timeout: 20 }).catch(() => 'seen');
      expect(await net.waitFor(looking)).toBe('seen');
      expect(dumpsOf(net)).toEqual([]);
      await using other = await Devnet.up(LINE, options({ artifacts: false }));
      const cause = await failure(other.waitFor(() => false, { timeout: 50 }));
      expect(cause.message).not.toContain('artifacts');
    });

    it('of a network that does not come up hold what was started of it', async () => {
      const broken = { nodes: { a: {}, b: { env: { DEVNET_MAX_PEERS: 'none' } } }, name: 'lib' };
      const cause = await failure(Devnet.up(broken, options()));
      expect(cause).toMatchObject({ code: 'node_died' });
      const folder = folderOf(cause);
      expect(JSON.parse(readFileSync(join(folder, 'topology.json'), 'utf8')).nodes).toHaveLength(2);
      expect(readdirSync(folder)).toEqual(expect.arrayContaining(['status.json', 'log.jsonl', 'plan.json']));
    });

    it('are written when the signal of the network aborts, before the network is taken down', async () => {
      const written = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
      const abort = new AbortController();
      let seen: Devnet<string> | undefined;
      const body = async () => {
        await using net = await Devnet.up(LINE, options({ signal: abort.signal }));
        seen = net;
        setImmediate(() => abort.abort(new Error('no more time\nat all')));
        await net.waitFor(() => false);
      };
      expect((await failure(body())).message).toBe('no more time\nat all');
      const output = written.mock.calls.flat().join('');
      written.mockRestore();
      const [, said, folder] = /^devnet: "lib-\w+" was up when (.*)\n {2}artifacts: (.*)\n$/.exec(output)!;
      expect(said).toBe('its signal aborted: no more time');
      expect(JSON.parse(readFileSync(join(folder!, 'status.json'), 'utf8')).drift.down).toEqual([]);
      expect(await isUp(seen!)).toBe(false);
      expect(dumpsOf(seen!)).toHaveLength(1);
    });

    it.each(EXITS[engine])('are written when the process ends while the network is up: %s', async (how) => {
      const program = `
        import { Devnet, shapes } from ${JSON.stringify(pathToFileURL(join(root, 'dist', 'index.js')).href)};
        const net = await Devnet.up({ ...shapes.line(2), name: 'lib' }, ${JSON.stringify(options())});
        await net.gossip('n1');
        console.log(net.name);
        if ('${how}' === 'process.exit') process.exit(3);
        if ('${how}' === 'an error') setImmediate(() => { throw new Error('oh'); });
        else process.kill(process.pid, '${how}');`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      // Standard error ends when the last process that writes the artifacts has.
      const [name, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
      expect(errors).toContain(`devnet: the process of "${name.trim()}" ended while it was up\n  artifacts: `);
      const folder = /^ {2}artifacts: (.*)$/m.exec(errors)![1]!;
      expect(folder.startsWith(join(artifacts, name.trim()))).toBe(true);
      const journal = linesOf(folder, 'journal.jsonl').map(({ event }) => event);
      expect(journal).toEqual(['up', 'send', 'failed']);
      expect(linesOf(folder, 'log.jsonl').filter(({ event }) => event === 'gossip_received')).toHaveLength(2);
      expect(readFileSync(join(folder, 'replay.html'), 'utf8')).toContain(name.trim());
      expect(statSync(join(folder, 'replay.html')).mode & 0o777).toBe(0o600);
      const network = { name: name.trim(), nodes: [] } as unknown as Devnet<string>;
      await vi.waitFor(async () => expect(await isUp(network)).toBe(false), { timeout: 15_000, interval: 100 });
    });

    it('are written by dump while the network is up', async () => {
      const net = await Devnet.up(LINE, options());
      const { folder, files, missing } = await net.dump().finally(() => net.down());
      expect(missing).toEqual([]);
      expect(files).toContain('status.json');
      expect(dumpsOf(net)).toEqual([folder.split('/').at(-1)]);
      await expect(net.dump()).rejects.toMatchObject({ code: 'no_such_devnet', message: /is down/ });
    });

    it('are for their owner only, and hide the values of environment variables', async () => {
      const net = await Devnet.up({ nodes: { a: { env: { API_KEY: 'hunter2' } } }, name: 'lib' }, options());
      const { folder, files } = await net.dump().finally(() => net.down());
      const mode = (path: string) => statSync(path).mode & 0o777;
      expect([folder, join(folder, 'logs')].map(mode)).toEqual([0o700, 0o700]);
      expect(new Set(files.map((file) => mode(join(folder, file))))).toEqual(new Set([0o600]));
      expect(JSON.parse(readFileSync(join(folder, 'topology.json'), 'utf8')).nodes).toMatchObject([
        { name: 'a', env: { API_KEY: '[hidden]' } },
      ]);
      for (const file of files) expect(readFileSync(join(folder, file), 'utf8')).not.toContain('hunter2');
    });

    it('are missing where their folder cannot be made, with a message that names it', async () => {
      await using net = await Devnet.up(LINE, options());
      await expect(net.dump('/dev/null/dump')).rejects.toMatchObject({
        code: 'file_unwritable',
        message: 'cannot write /dev/null/dump: a part of its path is a file',
      });
    });
  });

  describe('run', () => {
    it('returns what its body returns, and takes the network down', async () => {
      let seen: Devnet<string> | undefined;
      const peers = await Devnet.run(LINE, options(), async (net) => {
        seen = net;
        expect(await isUp(net)).toBe(true);
        await failure(net.waitFor(() => false, { timeout: 50 })); // Caught, so not a failure.
        return net.node('a').peers();
      });
      expect(peers).toEqual(['b']);
      expect(await isUp(seen!)).toBe(false);
      expect(dumpsOf(seen!)).toEqual([]);
    });

    it('writes the artifacts before it takes the network down when its body throws', async () => {
      let seen: Devnet<string> | undefined;
      const body = async (net: Devnet<'a' | 'b' | 'c'>) => {
        seen = net;
        expect(await net.node('a').peers()).toEqual(['b', 'c']);
      };
      const cause = await failure(Devnet.run(LINE, options(), body));
      expect(cause.name).toBe('AssertionError');
      expect(cause.message).toMatch(/^expected \[ 'b' \] to deeply equal/);
      expect(JSON.parse(readFileSync(join(folderOf(cause), 'status.json'), 'utf8')).drift.down).toEqual([]);
      expect(await isUp(seen!)).toBe(false);
    });

    it('adds a section to the summary of a GitHub job', async () => {
      const summary = join(artifacts, 'summary.md');
      vi.stubEnv('GITHUB_STEP_SUMMARY', summary);
      const body = () => {
        throw new Error('<b>no</b>\n```\n# not a heading');
      };
      const cause = await failure(Devnet.run(LINE, options(), body));
      const text = readFileSync(summary, 'utf8');
      expect(text).toMatch(/^### devnet lib\\-\w+\\: the test failed\n\n```mermaid\n/);
      expect(text).toContain('\n````text\n<b>no</b>\n```\n# not a heading\n````\n');
      expect(text).toContain('flowchart LR');
      expect(folderOf(cause)).toMatch(/dump-/);
      expect(text).toMatch(/\nartifacts\\: /);
    });

    it('fails as up does when the network does not come up', async () => {
      const cause = await failure(Devnet.run({ nodes: ['a'], links: ['a -> z'] }, options(), () => {}));
      expect(cause).toBeInstanceOf(DevnetError);
      expect(cause).toMatchObject({ code: 'topology_invalid' });
    });
  });
}
