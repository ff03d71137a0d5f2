import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { RecordingEvent } from '../../src/recording/recording-event.ts';
import { findRecording } from '../../src/recording/recording-folder.ts';
import { RecordingReader } from '../../src/recording/recording-reader.ts';
import { devnet, type RunningCommand, start } from '../support/cli.ts';
import { hasNamespaces } from '../support/namespaces.ts';
import { execFileSync } from '../support/run-sync.ts';
import { until } from '../support/until.ts';

const cwd = mkdtempSync(join(tmpdir(), 'devnet-recorded-'));
/** Nothing listens there: whatever works, works without an engine. */
const env = { DOCKER_HOST: 'tcp://127.0.0.1:1', XDG_RUNTIME_DIR: join(cwd, 'run') };
mkdirSync(env.XDG_RUNTIME_DIR);
const file = (name: string, yaml: string) => {
  writeFileSync(join(cwd, name), yaml);
  return name;
};
const RING = file('ring.yaml', 'nodes: { count: 4, env: { TOKEN: secret } }\nlinks: ring\n');
const run = (...args: string[]) => devnet(args, { cwd, env });
const running: RunningCommand[] = [];

afterEach(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ finished }) => finished));
});
afterAll(() => rmSync(cwd, { recursive: true }));

function begin(...args: string[]): RunningCommand {
  const command = start(args, { cwd, env });
  running.push(command);
  return command;
}

/** Opens the newest recording of a network. */
const open = async (name: string) => RecordingReader.open(await findRecording(join(cwd, '.devnet', name)));

async function eventsOf(reader: RecordingReader): Promise<RecordingEvent[]> {
  const events: RecordingEvent[] = [];
  for await (const batch of reader.events()) events.push(...batch);
  return events;
}

/** Waits until a recording that is written has an event. @returns the first such event */
const waitForEvent = (name: string, what: string, accept: (event: RecordingEvent) => boolean) =>
  until(async () => (await eventsOf(await open(name))).find(accept), what, { accept: (event) => event !== undefined });

describe('the recording of a network', () => {
  it('of up tells what happened to its nodes and links, at any moment, after it is gone', async () => {
    const up = begin('up', RING, '--engine', 'process', '--name', 'seen');
    await up.waitForOutput('the log is also in');
    await run('send', 'n1', 'gossip', '{"id":"news"}');
    await run('kill', 'n2');
    await waitForEvent('seen', 'n2 to end', (event) => event.type === 'nodes' && event.nodes[0]?.state === 'exited');
    await run('heal');
    await waitForEvent('seen', 'n1 to have its link again', (event) => {
      if (event.type !== 'links') return false;
      return event.links.some(({ from, to, state }) => from === 'n1' && to === 'n2' && state === 'up');
    });
    up.child.kill('SIGINT');
    const { status, stderr } = await up.finished;
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^recording: \.devnet\/seen\/recordings\/\d{4}-[^\n]+$/m);

    const reader = await open('seen');
    const events = await eventsOf(reader);
    expect(events[0]).toMatchObject({ type: 'recording', version: 1, network: 'seen', runtime: 'process' });
    expect(JSON.stringify(events)).not.toContain('secret');
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'removed' });
    const ended = events.find(
      (event) => event.type === 'nodes' && event.nodes[0]?.state === 'exited',
    ) as RecordingEvent;
    const down = await reader.seek(ended.time);
    expect(down.nodes.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'n1 running',
      'n2 exited',
      'n3 running',
      'n4 running',
    ]);
    expect(down.links).toContainEqual({ from: 'n2', to: 'n3', state: 'dead', rtt: expect.any(Number) });
    const last = await reader.seek(reader.endTime);
    expect(last.nodes.map(({ state }) => state)).toEqual(Array(4).fill('running'));
    expect(last.counts.receipts).toBe(4);
    const received = (await reader.entriesUntil(reader.endTime, 1_000)).filter(({ id }) => id === 'news');
    expect(received.map(({ node }) => node).sort()).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('of run tells the steps and verdicts of its scenario', async () => {
    const scenario = file(
      'crash.yaml',
      'topology: ring.yaml\nscenario:\n' +
        '  - { at: 0s, gossip: { from: n1 } }\n' +
        '  - { at: 0s, kill: n3, for: 500ms }\n' +
        '  - { at: 100ms, expect: n2 has 7 peers within 100ms }\n',
    );
    const { status, stdout, stderr } = await run('run', scenario, '--engine', 'process', '--name', 'judged');
    expect(status, stdout + stderr).toBe(1);
    const reader = await open('judged');
    const timeline = await reader.timeline();
    expect(timeline.map(({ type }) => type)).toEqual([
      'scenario_started',
      'step',
      'fault',
      'verdict',
      'heal',
      'scenario_ended',
      'end',
    ]);
    expect(timeline[0]).toMatchObject({ title: 'crash.yaml' });
    expect(timeline[2]).toMatchObject({ description: 'kill n3', faults: [{ kind: 'kill', node: 'n3' }] });
    expect(timeline[3]).toMatchObject({ met: false, description: 'n2 has 7 peers within 100ms' });
    const dump = readdirSync(join(cwd, '.devnet', 'judged')).find((name) => name.startsWith('dump-')) as string;
    const artifact = await RecordingReader.open(await findRecording(join(cwd, '.devnet', 'judged', dump)));
    expect((await artifact.timeline())[3]).toEqual(timeline[3]);
  });

  it('is not written where nobody wants one, and its absence holds nothing up where it cannot be', async () => {
    const quiet = begin('up', RING, '--engine', 'process', '--name', 'quiet', '--no-record');
    await quiet.waitForOutput('the log is also in');
    quiet.child.kill('SIGINT');
    expect((await quiet.finished).stderr).not.toContain('record');
    expect(readdirSync(join(cwd, '.devnet', 'quiet'))).toEqual(['log.jsonl']);

    mkdirSync(join(cwd, '.devnet', 'barred'));
    writeFileSync(join(cwd, '.devnet', 'barred', 'recordings'), '');
    const barred = begin('up', RING, '--engine', 'process', '--name', 'barred');
    await barred.waitForOutput('the log is also in');
    barred.child.kill('SIGINT');
    const { status, stderr } = await barred.finished;
    expect(status).toBe(0);
    expect(stderr).toContain('! nothing is recorded: cannot write .devnet/barred/recordings: a file is in its place\n');
  });

  it('of each run of an experiment is in the folder of its results, where it was asked for', async () => {
    const experiment = file(
      'shapes.yaml',
      '{ name: shapes, question: q, topology: { nodes: { count: 3 }, links: $shape }, matrix: { shape: [line, ring] }, load: { messages: 2 } }',
    );
    const { status, stderr } = await run('experiment', experiment, '--engine', 'process', '-o', 'results', '--record');
    expect(status, stderr).toBe(0);
    const folders = readdirSync(join(cwd, 'results', 'recordings'));
    expect(folders.sort()).toEqual(['shape=line seed=1 repeat=1', 'shape=ring seed=1 repeat=1']);
    for (const folder of folders) {
      const reader = await RecordingReader.open(join(cwd, 'results', 'recordings', folder));
      const { counts, nodes } = await reader.seek(reader.endTime);
      expect(nodes).toHaveLength(3);
      expect(counts.receipts).toBeGreaterThanOrEqual(6);
    }
  });

  it('that cannot be written makes record fail, and up go on', async () => {
    const up = begin('up', RING, '--engine', 'process', '--name', 'cramped');
    await up.waitForOutput('the log is also in');
    const record = begin('record', 'cramped', '--for', '1h');
    await record.waitForOutput('recording cramped for 1 h');
    for (const { child } of [up, record]) execFileSync('prlimit', ['--pid', String(child.pid), '--fsize=1']);
    await run('send', 'n1', 'gossip', '{"id":"news"}');
    for (const command of [up, record]) await command.waitForOutput('nothing is recorded from here on');
    record.child.kill('SIGINT');
    expect((await record.finished).status).toBe(1);
    up.child.kill('SIGINT');
    expect((await up.finished).status).toBe(0);
  });

  it.skipIf(!hasNamespaces)('of a detached network has faults and link conditions that others set', async () => {
    const up = await run('up', RING, '--engine', 'namespaces', '--name', 'parted', '-d');
    expect(up.status, up.stderr).toBe(0);
    try {
      const record = begin('record', 'parted', '--for', '1h');
      await record.waitForOutput('recording parted for 1 h');
      await run('link', 'parted/n1', 'n2', '--delay', '5ms');
      await waitForEvent('parted', 'the delay', ({ type }) => type === 'conditions');
      await run('partition', 'n1,n2 / n3,n4', '--name', 'parted', '--as', 'split');
      await waitForEvent('parted', 'the partition', ({ type }) => type === 'fault');
      const cut = await waitForEvent(
        'parted',
        'its links',
        (event) => event.type === 'links' && event.links.some(({ cut }) => cut),
      );
      const way = await waitForEvent(
        'parted',
        'its directions',
        (event) => event.type === 'conditions' && event.conditions.some(({ cut }) => cut),
      );
      await run('heal', 'split', '--name', 'parted');
      await waitForEvent('parted', 'the end of the partition', ({ type }) => type === 'heal');
      await waitForEvent(
        'parted',
        'its directions to be free again',
        (event) => event.type === 'conditions' && event.time > way.time,
      );
      const { samples } = (await waitForEvent(
        'parted',
        'what its nodes use',
        ({ type }) => type === 'samples',
      )) as Extract<RecordingEvent, { type: 'samples' }>;
      expect(Object.keys(samples.devnet_node_memory_bytes ?? {}).sort()).toEqual(['n1', 'n2', 'n3', 'n4']);
      record.child.kill('SIGINT');
      const { status, stdout, stderr } = await record.finished;
      expect(status, stderr).toBe(0);
      const reader = await RecordingReader.open(join(cwd, stdout.trim()));
      const timeline = await reader.timeline();
      expect(timeline).toMatchObject([
        { type: 'fault', description: 'link n1 <-> n2: delay 5ms' },
        { type: 'fault', name: 'split', description: expect.stringContaining('n1, n2 / n3, n4') },
        { type: 'heal', name: 'split' },
        { type: 'end', reason: 'stopped' },
      ]);
      const parted = await reader.seek(cut.time > way.time ? cut.time : way.time);
      expect(parted.faults).toMatchObject([{}, { name: 'split' }]);
      expect(parted.conditions).toContainEqual({ from: 'n2', to: 'n3', cut: 'split' });
      expect(parted.conditions).toContainEqual(expect.objectContaining({ from: 'n1', to: 'n2', delay: 5 }));
      const after = await reader.seek(reader.endTime);
      expect(after.faults.map(({ description }) => description)).toEqual(['link n1 <-> n2: delay 5ms']);
      expect(after.conditions.filter(({ cut }) => cut)).toEqual([]);
    } finally {
      await run('down', 'parted');
    }
  });
});
