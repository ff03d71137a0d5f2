import { expect, it } from 'vitest';
import { Devnet } from '../../src/index.ts';

it.each(['docker.io//library/x', 'https://hub.example/x', 'a/../b'])(
  'rejects the image %s before an engine is asked',
  async (image) => {
    const error = await Devnet.up({ nodes: { a: { image } } }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'topology_invalid', diagnostics: [{ path: 'nodes.a.image' }] });
  },
);
