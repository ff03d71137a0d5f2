import { expect, it } from 'vitest';
import { describeShaping } from '../../../src/controller/lifecycle/preflight.ts';
import { PROXY_LIMITATION } from '../../../src/network/fault.ts';

const link = { from: 'a', to: 'b' };
const delayed = [{ ...link, delay: 20 }];
const limited = { verdict: 'warns', found: PROXY_LIMITATION, fix: expect.stringMatching(/sch_netem/) };
const unknown = { verdict: 'fine', found: expect.stringMatching(/by a proxy, for TCP only$/) };

it.each<[string, ...Parameters<typeof describeShaping>, unknown[]]>([
  ['nothing of links without conditions', { conditions: [], shaping: 'relay' }, [], []],
  ['nothing of losses, which the kernel applies', { conditions: [{ ...link, loss: 0.1 }], shaping: 'relay' }, [], []],
  ['nothing where the file asks for the kernel', { conditions: delayed, shaping: 'kernel' }, [], []],
  ['the limits of the proxy where the file asks for it', { conditions: delayed, shaping: 'relay' }, [], [limited]],
  [
    'the limits of the proxy where it shapes a link of the network that runs',
    { conditions: delayed, shaping: 'auto' },
    [{ ...link, delay: 20, proxied: true }],
    [limited],
  ],
  ['what may shape the links where that is not known yet', { conditions: delayed, shaping: 'auto' }, [], [unknown]],
])('plan says %s', (_, topology, active, checks) => {
  expect(describeShaping(topology, active)).toMatchObject(checks);
});
