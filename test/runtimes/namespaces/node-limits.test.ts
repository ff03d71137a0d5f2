import { describe, expect, it } from 'vitest';
import { limitFiles, type NodeLimits } from '../../../src/runtimes/namespaces/supervisor/nodes/node-limits.ts';

describe('files that set limits', () => {
  it.each<[1 | 2, 'memory' | 'cpu' | 'pids', NodeLimits, string[]]>([
    [1, 'memory', { memory: 1024 }, ['memory.limit_in_bytes 1024']],
    [1, 'memory', {}, ['memory.limit_in_bytes -1']],
    [2, 'memory', { memory: 1024 }, ['memory.max 1024', 'memory.swap.max 0']],
    [2, 'memory', { cpus: 1 }, ['memory.max max', 'memory.swap.max max']],
    [1, 'cpu', { cpus: 0.25 }, ['cpu.cfs_quota_us 25000']],
    [1, 'cpu', {}, ['cpu.cfs_quota_us -1']],
    [2, 'cpu', { cpus: 2 }, ['cpu.max 200000 100000']],
    [2, 'cpu', {}, ['cpu.max max 100000']],
    [1, 'pids', { pids: 7 }, ['pids.max 7']],
    [2, 'pids', {}, ['pids.max max']],
  ])('version %d, %s, %j', (version, controller, limits, lines) => {
    expect(limitFiles(version, controller, limits).map((pair) => pair.join(' '))).toEqual(lines);
  });
});
