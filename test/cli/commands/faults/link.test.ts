import { expect, it } from 'vitest';
import { formatLinks } from '../../../../src/cli/commands/faults/link.ts';
import { PROXY_LIMITATION } from '../../../../src/network/fault.ts';

it('link marks the links whose conditions the proxy applies, and says below what it does not do', () => {
  const text = formatLinks([
    { from: 'a', to: 'b', delay: 20, proxied: true },
    { from: 'b', to: 'a', cut: 'split', delay: 20 },
    { from: 'b', to: 'c' },
  ]);
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^a -> b +delay 20ms, TCP only \(1\)$/),
    expect.stringMatching(/^b -> a +cut \(split\), delay 20ms$/),
    expect.stringMatching(/^b -> c +-$/),
    `(1) ${PROXY_LIMITATION}`,
  ]);
});

it('link says nothing of the proxy where the kernel applies all conditions', () => {
  expect(formatLinks([{ from: 'a', to: 'b', delay: 20 }])).toMatch(/^a -> b +delay 20ms$/);
});
