import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseScenario, readTopologyPath } from '../../src/scenario/parse/parse-scenario.ts';
import { schedule } from '../../src/scenario/schedule/schedule.ts';
import { parseTopology } from '../../src/topology/parse/parse-topology.ts';
import { root } from '../support/paths.ts';

const folder = join(root, 'devnet', 'scenarios');
const files = readdirSync(folder);

describe('the sample scenarios', () => {
  it('are of both kinds: part of a topology, and a file that names one', () => {
    const named = files.map((file) => readTopologyPath(readFileSync(join(folder, file), 'utf8'), file) !== undefined);
    expect(new Set(named)).toEqual(new Set([true, false]));
  });

  it.each(files)('%s has a description, is short, and ends with an expectation', (file) => {
    const path = join(folder, file);
    const text = readFileSync(path, 'utf8');
    const named = readTopologyPath(text, file);
    const net = named === undefined ? path : join(dirname(path), named);
    const topology = parseTopology(readFileSync(net, 'utf8'), { file: net, name: 'sample' });
    const steps = schedule(parseScenario(text, { file, topology }));
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/scenario\.schema\.json\n# \S.*\n/);
    expect(steps.at(-1)).toMatchObject({ do: 'expect' });
    expect(steps.at(-1)?.at).toBeLessThanOrEqual(20_000);
    expect(steps.some((step) => step.do === 'inject')).toBe(true);
  });
});
