import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  type Devnet,
  type GossipResult,
  type LinkInput,
  type NodeHandle,
  type NodeNames,
  type Receipt,
  shapes,
  type TopologyInput,
} from '../../src/index.ts';

/** The names of the nodes of a topology, as its type has them. */
function namesOf<const Source extends string | TopologyInput>(_: Source): (name: NodeNames<Source>) => void {
  return () => {};
}

// The compiler checks these; the calls never run.
describe('the types', () => {
  it('know the names of the nodes', () => {
    const listed = namesOf({ nodes: ['alice', 'bob'], links: ['alice -> bob'] });
    expectTypeOf(listed).parameter(0).toEqualTypeOf<'alice' | 'bob'>();
    const counted = namesOf({ nodes: { count: 8 } });
    expectTypeOf(counted).parameter(0).toEqualTypeOf<`n${number}`>();
    const prefixed = namesOf({ nodes: { count: 8, prefix: 'peer-' } });
    expectTypeOf(prefixed).parameter(0).toEqualTypeOf<`peer-${number}`>();
    const mapped = namesOf({ nodes: { seed: {}, worker: { count: 6, memory: '64m' } } });
    expectTypeOf(mapped).parameter(0).toEqualTypeOf<'seed' | `worker${number}`>();
    expectTypeOf(namesOf(shapes.ring(8)))
      .parameter(0)
      .toEqualTypeOf<`n${number}`>();
    expectTypeOf(namesOf('devnet/ring.yaml')).parameter(0).toEqualTypeOf<string>();
    // @ts-expect-error: there is no carol
    expect(() => listed('carol')).not.toThrow();
  });

  it('carry the names through the results of a network', () => {
    expectTypeOf<Devnet<'a' | 'b'>['node']>().parameter(0).toEqualTypeOf<'a' | 'b'>();
    expectTypeOf<ReturnType<Devnet<'a' | 'b'>['node']>>().toEqualTypeOf<NodeHandle<'a' | 'b'>>();
    expectTypeOf<Awaited<ReturnType<Devnet<'a'>['gossip']>>>().toEqualTypeOf<GossipResult<'a'>>();
    expectTypeOf<GossipResult<'a'>['receipts']>().toEqualTypeOf<Receipt<'a'>[]>();
    expectTypeOf<Devnet<'a'>>().toExtend<AsyncDisposable>();
    // A network with known names can be passed where any network is taken.
    expectTypeOf<Devnet<'a'>>().toExtend<{ nodes: readonly NodeHandle<string>[] }>();
  });

  it('know the required parameters of each shape', () => {
    expect(shapes.ring(8)).toEqual({ nodes: { count: 8 }, links: { shape: 'ring' } });
    expect(shapes.smallWorld(8, { degree: 4, rewire: 0.1, delay: '20ms' })).toEqual({
      nodes: { count: 8 },
      links: { shape: 'small-world', degree: 4, rewire: 0.1, delay: '20ms' },
    });
    // @ts-expect-error: the degree is missing
    shapes.regular(8);
    // @ts-expect-error: a ring has no degree
    shapes.ring(8, { degree: 4 });
    // @ts-expect-error: a seed is a number
    shapes.scaleFree(8, { attach: 2, seed: 'x' });
  });

  it('know the keys of a topology', () => {
    expectTypeOf<'small-world'>().toExtend<LinkInput>();
    expectTypeOf<{ link: string; delay: string; back: { loss: string } }>().toExtend<LinkInput>();
    // @ts-expect-error: the parameters of the shape are missing
    const shapeless: TopologyInput = { nodes: ['a', 'b'], links: { shape: 'small-world' } };
    // @ts-expect-error: unknown key
    const misspelt: TopologyInput = { nodes: ['a'], link: 'ring' };
    expect([shapeless, misspelt]).toHaveLength(2);
  });
});
