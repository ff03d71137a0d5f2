import { describe, expect, it } from 'vitest';
import { LineChunks } from '../../../src/shared/files/line-chunks.ts';

const textOf = (chunks: readonly Buffer[]) => Buffer.concat([...chunks]).toString();

describe('chunks of lines', () => {
  it('give back what was appended, once', () => {
    const lines = new LineChunks();
    expect(lines.isEmpty).toBe(true);
    expect(lines.append('one\n')).toBe(4);
    expect(lines.append('zwölf €\n')).toBe(11);
    expect(lines.isEmpty).toBe(false);
    expect(textOf(lines.take())).toBe('one\nzwölf €\n');
    expect(lines.isEmpty).toBe(true);
    expect(lines.take()).toEqual([]);
  });

  it('leave what was taken as it is while more is appended', () => {
    const lines = new LineChunks();
    lines.append('first\n');
    const taken = lines.take();
    lines.append('second\n');
    expect(textOf(taken)).toBe('first\n');
    expect(textOf(lines.take())).toBe('second\n');
  });

  it('are filled again once they were written', () => {
    const lines = new LineChunks();
    lines.append('first\n');
    const [taken] = lines.take() as [Buffer];
    lines.release(taken);
    lines.append('second\n');
    const [again] = lines.take() as [Buffer];
    expect(again.buffer).toBe(taken.buffer);
    expect(again.toString()).toBe('second\n');
  });

  it('hold lines of any length, in few chunks', () => {
    const lines = new LineChunks();
    const texts = Array.from(
      { length: 200 },
      (_, index) => `${'€'.repeat(index % 50 === 0 ? 700_000 : 100)}${index}\n`,
    );
    const bytes = texts.map((text) => lines.append(text)).reduce((sum, one) => sum + one, 0);
    const chunks = lines.take();
    expect(textOf(chunks)).toBe(texts.join(''));
    expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(bytes);
    expect(chunks.length).toBeLessThan(12);
  });
});
