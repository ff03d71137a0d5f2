import {
  type ClockOffset,
  type ClockSample,
  offsetOf,
  processTimeMs,
  SAME_CLOCK,
} from '../../shared/time/clock-offset.ts';
import type { Engine } from './engine.ts';
import { wrapEngineErrors } from './engine-error.ts';

const MAX_READINGS = 5;

/**
 * Measures how far the clock of the engine's machine, which is that of its containers, is ahead of this process's.
 * @throws DevnetError `engine_gone`, `engine_failed`
 */
export async function measureClockOffset(engine: Engine): Promise<ClockOffset> {
  const readings: ClockSample[] = [];
  while (readings.length < MAX_READINGS) {
    readings.push(await readClock(engine));
    if (offsetOf(readings) === SAME_CLOCK) return SAME_CLOCK;
  }
  return offsetOf(readings);
}

async function readClock(engine: Engine): Promise<ClockSample> {
  const askedAtMs = processTimeMs();
  const { SystemTime } = await wrapEngineErrors("read the engine's clock", () => engine.docker.info());
  return { askedAtMs, timeMs: Date.parse(SystemTime), answeredAtMs: processTimeMs() };
}
