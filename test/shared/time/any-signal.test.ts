import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { anySignal } from '../../../src/shared/time/any-signal.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it('aborts with a timeout that nothing else refers to, however often garbage is collected until then', async () => {
  const signal = anySignal([new AbortController().signal, AbortSignal.timeout(100)]);
  const collecting = setInterval(collectGarbage, 5);
  try {
    await once(signal, 'abort', { signal: AbortSignal.timeout(5_000) });
  } finally {
    clearInterval(collecting);
  }
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});
