import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { signalWithTimeout } from '../../../src/shared/time/signal-with-timeout.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

it('aborts after its time, however often garbage is collected until then', async () => {
  const signal = signalWithTimeout(new AbortController().signal, 100);
  const collecting = setInterval(collectGarbage, 5);
  try {
    await once(signal, 'abort');
  } finally {
    clearInterval(collecting);
  }
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

it('aborts with the other signal before', () => {
  const controller = new AbortController();
  const signal = signalWithTimeout(controller.signal, 60_000);
  expect(signal.aborted).toBe(false);
  controller.abort('enough');
  expect(signal.reason).toBe('enough');
});

it.each([-5, 0, 0.4, 1.5])('takes %d ms', async (timeoutMs) => {
  const signal = signalWithTimeout(new AbortController().signal, timeoutMs);
  if (!signal.aborted) await once(signal, 'abort');
  expect(signal.reason).toMatchObject({ name: 'TimeoutError' });
});

it('takes more than a timer can', () => {
  expect(signalWithTimeout(new AbortController().signal, Number.MAX_VALUE).aborted).toBe(false);
});
