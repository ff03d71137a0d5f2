import 'devnet/node-test';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Devnet, hasNoDrift, shapes } from 'devnet';

describe('a devnet for all tests of a file', () => {
  let net;
  before(async () => {
    net = await Devnet.up(shapes.star(5));
  });
  after(() => net?.down());

  it('is as it was declared', async () => {
    const { drift } = await net.graph();
    assert.ok(hasNoDrift(drift));
  });

  it('answers', async () => {
    const reply = await net.node('n2').send('ping', 'are you there?');
    assert.deepEqual(reply, { message_type: 'pong', payload: 'are you there?' });
  });

  it('freezes and goes on', async () => {
    const hub = net.node('n1');
    await hub.pause();
    await assert.rejects(net.gossip('n2', 'anybody?', { to: ['n3'], timeout: 500 }), /not by n3/);
    await hub.unpause();
    await net.converged();
    const { reached } = await net.gossip('n2', 'and now?');
    assert.equal(reached, 5);
  });
});
