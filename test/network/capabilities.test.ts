import { describe, expect, it } from 'vitest';
import { assertSupported, type RuntimeName, topologyRequirements } from '../../src/network/capabilities.ts';
import { parseTopology } from '../../src/topology/index.ts';

const requirementsOf = (node: string) =>
  topologyRequirements(parseTopology(`nodes: { a: ${node}, b: }\nlinks: [a -> b]`, { file: 'x', name: 'x' }));

describe('a command', () => {
  it.each([
    ['{ command: [python3, node.py] }', ['namespaces']],
    ['{ command: [python3, node.py], image: python }', ['containers', 'swarm']],
    ['{ image: python }', ['containers', 'swarm']],
    ['{}', ['containers', 'namespaces', 'process', 'swarm']],
  ])('as in %s runs on %j', (node, runtimes) => {
    const supported = (['containers', 'namespaces', 'process', 'swarm'] as RuntimeName[]).filter((runtime) => {
      try {
        assertSupported(runtime, requirementsOf(node));
        return true;
      } catch {
        return false;
      }
    });
    expect(supported).toEqual(runtimes);
  });

  it('without an image is refused with what to do, since a container would run the bundled node', () => {
    expect(() => assertSupported('containers', requirementsOf('{ command: [python3, node.py] }'))).toThrow(
      expect.objectContaining({
        message: 'the containers runtime does not support: command of a without an image',
        hint: expect.stringContaining('--engine namespaces'),
      }),
    );
  });
});
