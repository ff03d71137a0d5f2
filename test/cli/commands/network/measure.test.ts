import { expect, it } from 'vitest';
import { formatLimits } from '../../../../src/cli/commands/network/measure.ts';
import { PROXY_LIMITATION } from '../../../../src/network/fault.ts';

const measured = (from: string, to: string, proxied?: true) => ({
  from,
  to,
  conditions: { from, to, delay: 20, ...(proxied ? { proxied } : {}) },
});

it.each([
  ['nothing where the kernel shapes all links', [measured('a', 'b'), measured('b', 'a')], []],
  ['that the proxy shapes TCP only', [measured('a', 'b', true)], ['', `limits of these links: ${PROXY_LIMITATION}`]],
  [
    'of which links that is true',
    [measured('a', 'b', true), measured('b', 'a')],
    ['', `limits of a -> b: ${PROXY_LIMITATION}`],
  ],
])('measure says %s', (_, measurements, lines) => {
  expect(formatLimits(measurements)).toEqual(lines);
});

it('the limits of the proxy are those of protocols other than TCP, and of loss', () => {
  expect(PROXY_LIMITATION).toMatch(/to TCP only: UDP is neither delayed nor limited, and loss slows TCP less/);
});
