import assert from 'node:assert/strict';
import { Devnet, shapes } from 'devnet';

describe('two networks beside each other', function () {
  this.timeout(60_000);
  const nets = [];
  before(async () => {
    nets.push(await Devnet.up(shapes.ring(4)));
    nets.push(await Devnet.up(shapes.ring(4), { engine: 'process' }));
  });
  after(() => Promise.all(nets.map((net) => net.down())));

  it('behave alike, whatever runs them', async () => {
    const reached = await Promise.all(nets.map(async (net) => (await net.gossip('n1')).reached));
    assert.deepEqual(reached, [4, 4]);
  });

  it('are no longer waited for when there is no more time', async () => {
    const over = new AbortController();
    const waiting = nets.map((net) => net.waitFor(() => false, { signal: over.signal }));
    over.abort(new Error('no more time'));
    for (const one of waiting) await assert.rejects(one, /no more time/);
  });
});
