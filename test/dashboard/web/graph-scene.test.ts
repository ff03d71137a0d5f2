import { describe, expect, it } from 'vitest';
import { computePageLayout } from '../../../src/dashboard/server/compute-page-layout.ts';
import { findAt, nearestInDirection, nodesInside } from '../../../src/dashboard/web/graph/find-at.ts';
import { formatConditions } from '../../../src/dashboard/web/graph/format-conditions.ts';
import { buildScene, type GraphScene } from '../../../src/dashboard/web/graph/graph-scene.ts';
import { findMatches } from '../../../src/dashboard/web/panels/find-matches.ts';
import { RecordedRun } from '../../../src/dashboard/web/state/recorded-run.ts';
import { toMs } from '../../../src/dashboard/web/state/time.ts';
import { sampleRun, timeOf } from '../sample-run.ts';

const file = { name: 'two', nodes: { eu: { count: 3 }, us: { count: 3 } }, links: 'ring' };
const events = sampleRun({ file });
const run = new RecordedRun();
run.add(events);
const layout = computePageLayout(run.latest.topology!);

const sceneAt = (ms: number): GraphScene => buildScene(run.stateAt(toMs(timeOf(ms))), layout);
const shapes = (scene: GraphScene) => Object.fromEntries(scene.nodes.map(({ name, shape }) => [name, shape]));
const link = (scene: GraphScene, a: string, b: string) =>
  scene.links.find(({ from, to }) => (from === a && to === b) || (from === b && to === a))!;

describe('the graph at a moment', () => {
  it('has the groups of the nodes, and all links up', () => {
    const scene = sceneAt(10_000);
    expect(scene.groups).toEqual(['eu', 'us']);
    expect(scene.nodes.map(({ group }) => group)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(new Set(scene.links.map(({ shape }) => shape))).toEqual(new Set(['up']));
    expect(scene.islands).toEqual([]);
  });

  it('shows a partition as cut links, and as the parts that are left', () => {
    const scene = sceneAt(25_000);
    expect(link(scene, 'eu3', 'us1').shape).toBe('cut');
    expect(link(scene, 'eu1', 'eu2').shape).toBe('up');
    expect(scene.islands.map((part) => part.map((index) => scene.nodes[index]!.name))).toEqual([
      ['eu1', 'eu2', 'eu3'],
      ['us1', 'us2', 'us3'],
    ]);
    expect(scene.nodes.some(({ drifts }) => drifts)).toBe(false);
  });

  it('shows a killed node, and its links as dead', () => {
    const scene = sceneAt(55_000);
    expect(shapes(scene)).toMatchObject({ eu1: 'running', eu2: 'ended' });
    expect(link(scene, 'eu1', 'eu2').shape).toBe('dead');
    expect(scene.nodes[1]).toMatchObject({ text: 'exited, exit code 137', fault: 'kill-77e1' });
  });

  it('shows a paused node, and conditions that a fault set', () => {
    expect(shapes(sceneAt(66_000))).toMatchObject({ us3: 'paused' });
    expect(link(sceneAt(45_000), 'eu1', 'eu2')).toMatchObject({ changed: true, lossy: true });
    expect(link(sceneAt(49_000), 'eu1', 'eu2')).toMatchObject({ changed: false, conditions: '' });
  });

  it('shows drift that no fault explains', () => {
    const snapshot = run.stateAt(toMs(timeOf(10_000)));
    const links = snapshot.links.map((one) => (one.from === 'eu1' ? { ...one, state: 'missing' as const } : one));
    const extra = { from: 'us1', to: 'us3', state: 'extra' as const };
    const scene = buildScene({ ...snapshot, links: [...links, extra] }, layout);
    expect(scene.nodes.filter(({ drifts }) => drifts).map(({ name }) => name)).toEqual(['eu1', 'us1']);
    expect(link(scene, 'us1', 'us3').shape).toBe('extra');
  });
});

describe('what is at a point', () => {
  const scene = sceneAt(10_000);
  const [first, second] = [scene.nodes[0]!, scene.nodes[1]!];

  it('is a node, a link or nothing', () => {
    expect(findAt(scene, first.x, first.y, 1)).toEqual({ kind: 'node', name: 'eu1' });
    const { middle } = link(scene, 'eu1', 'eu2');
    expect(findAt(scene, ...middle, 1)).toMatchObject({ kind: 'link' });
    expect(findAt(scene, -500, -500, 1)).toBeUndefined();
  });

  it('is inside a polygon or not', () => {
    const box = [
      first.x - 5,
      first.y - 5,
      first.x + 5,
      first.y - 5,
      first.x + 5,
      first.y + 5,
      first.x - 5,
      first.y + 5,
    ];
    expect(nodesInside(scene, box)).toEqual(['eu1']);
    expect(nodesInside(scene, [0, 0, 1, 0, 1, 1])).toEqual([]);
    expect(second.name).toBe('eu2');
  });

  it('is reached by arrow keys', () => {
    const nodes = [
      { name: 'a', x: 0, y: 0 },
      { name: 'b', x: 10, y: 1 },
      { name: 'c', x: 4, y: 20 },
    ];
    expect(nearestInDirection(nodes, undefined, 1, 0)).toBe('a');
    expect(nearestInDirection(nodes, 'a', 1, 0)).toBe('b');
    expect(nearestInDirection(nodes, 'a', 0, 1)).toBe('c');
    expect(nearestInDirection(nodes, 'a', -1, 0)).toBeUndefined();
  });
});

it.each([
  ['us', ['us1', 'us2', 'us3']],
  ['U1', ['eu1']],
  ['2', ['eu2', 'us2']],
  ['exited', ['eu2']],
  [' ', undefined],
])('a search for %j finds %j', (search, names) => {
  const found = findMatches(sceneAt(55_000), search);
  expect(found && [...found]).toEqual(names);
});

it.each([
  [undefined, undefined, ''],
  [{ delay: 80, jitter: 5 }, { delay: 80, jitter: 5 }, '80 ± 5 ms'],
  [{ delay: 80 }, undefined, '80 ms | –'],
  [{ loss: 0.015, rate: 2_500_000 }, { loss: 0.015, rate: 2_500_000 }, '1.5 % loss · 2.5 Mbit/s'],
])('%j and back %j are written as %j', (there, back, text) => expect(formatConditions(there, back)).toBe(text));
