import { expect, it } from 'vitest';
import { podLinkBatch, podUnlinkBatch } from '../../../../src/agents/netem/pod/pod-batch.ts';

const place = { address: '10.1.2.3', dev: 'eth0' };

it('gives each link a class of its own, and sends what goes to its host there', () => {
  expect(podLinkBatch(9, { host: 'n2', delay: 20, jitter: 5, loss: 0.01 }, place, false).split('\n')).toEqual([
    'qdisc replace dev eth0 root handle de7e: htb default 0',
    expect.stringMatching(/^class replace dev eth0 parent de7e: classid de7e:a htb rate 100000000000bit /),
    expect.stringMatching(/^qdisc replace dev eth0 parent de7e:a netem limit 20000 delay 20000us 5000us loss 1% /),
    'filter add dev eth0 parent de7e: protocol ip prio 10 u32 match ip dst 10.1.2.3/32 flowid de7e:a',
    '',
  ]);
});

it('needs no netem for a rate, and changes an interface that it has without a new root', () => {
  const text = podLinkBatch(0, { host: 'n2', rate: 1e6 }, place, true);
  expect(text).toMatch(/^class replace .* rate 1000000bit .*\nqdisc replace dev eth0 parent de7e:1 bfifo/);
  expect(text).not.toMatch(/root|netem/);
});

it('matches the addresses of IPv6, and forgets a host that has moved', () => {
  expect(podLinkBatch(0, { host: 'n2', delay: 1 }, { address: 'fd00::2', dev: 'eth0' }, true)).toContain(
    'protocol ipv6 prio 1 u32 match ip6 dst fd00::2/128',
  );
  expect(podUnlinkBatch(0, place)).toBe('filter del dev eth0 parent de7e: prio 1\n');
});
