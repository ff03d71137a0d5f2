import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { followContainerLog } from '../../../src/controller/logs/follow-container-log.ts';
import { type LogGap, LogPosition } from '../../../src/controller/logs/log-position.ts';
import { connectEngine } from '../../../src/engine/connection/engine.ts';
import { removeContainer } from '../../../src/engine/containers.ts';
import { ensureBaseImage } from '../../../src/engine/images/base-image.ts';
import { onPodman } from '../../support/on-podman.ts';

const FILE_BYTES = 1_000_000;
const LINES = 300_000;
const OPTIONS = {
  follow: true,
  signal: new AbortController().signal,
  readAheadBytes: 65_536,
  onOpened: () => {},
};

const engine = await connectEngine();
const { reference: base } = await ensureBaseImage(engine);
const ids: string[] = [];
afterAll(async () => {
  for (const id of ids) await removeContainer(engine, id);
});

/** Creates a container whose log is kept in small files, as if it wrote far more than it does. */
async function createTalker(script: string): Promise<string> {
  const { id } = await engine.docker.createContainer({
    name: `talker-${randomUUID()}`,
    Image: base,
    Cmd: ['node', '-e', script],
    HostConfig: {
      NetworkMode: 'none',
      LogConfig: { Type: 'json-file', Config: { 'max-size': `${FILE_BYTES / 1_000_000}m`, 'max-file': '3' } },
    },
  });
  ids.push(id);
  return id;
}

describe('followContainerLog', () => {
  it.skipIf(onPodman)(
    'repeats nothing and keeps the order of a program that is faster than the engine is read, and says what is missing',
    async () => {
      const id = await createTalker(`
      const { writeSync } = require('fs');
      const write = (text) => {
        const bytes = Buffer.from(text);
        for (let at = 0; at < bytes.length; )
          try { at += writeSync(1, bytes, at); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
      };
      for (let i = 0; i < ${LINES}; ) {
        let chunk = '';
        for (let n = 0; n < 500 && i < ${LINES}; n++) chunk += String(i++).padStart(80, '.') + '\\n';
        write(chunk);
      }`);
      await engine.docker.getContainer(id).start();
      const position = new LogPosition(FILE_BYTES);
      const gaps: LogGap[] = [];
      let [last, missing] = [-1, 0];
      for await (const { fresh, gap } of followContainerLog(engine, id, position, OPTIONS)) {
        if (gap) gaps.push(gap);
        for (const [index, { text }] of fresh.entries()) {
          const number = Number(text.replaceAll('.', ''));
          if (number <= last) throw new Error(`line ${number} came after line ${last}`);
          const skipped = number - last - 1;
          if (skipped > 0 && !(index === 0 && gap))
            throw new Error(`${skipped} lines are missing before ${number}, unsaid`);
          missing += skipped;
          last = number;
        }
      }
      expect(last).toBe(LINES - 1);
      if (missing > 0) expect(gaps.length).toBeGreaterThan(0);
    },
  );

  it('reads a log that is already at its end, and continues it after a restart', async () => {
    const id = await createTalker("console.log('run'); console.error('trouble')");
    const container = engine.docker.getContainer(id);
    const position = new LogPosition(FILE_BYTES);
    const read = async () => {
      await container.start();
      await container.wait();
      const texts: string[] = [];
      for await (const { fresh } of followContainerLog(engine, id, position, OPTIONS))
        texts.push(...fresh.map(({ text }) => text));
      return texts.sort();
    };
    expect(await read()).toEqual(['run', 'trouble']);
    expect(await read()).toEqual(['run', 'trouble']);
  });
});
