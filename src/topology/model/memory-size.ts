/** A number of bytes, with a unit if any: `64m`, `0.5g`, `64MiB`, `1 GB`. */
export const MEMORY_SIZE_PATTERN = /^(\d+(?:\.\d+)?) ?([bkmgBKMG]|[kmgKMG][iI]?[bB])?$/;

const POWER_OF_1024_BY_UNIT: Record<string, number> = { b: 0, k: 1, m: 2, g: 3 };

/**
 * Bytes that a memory size stands for. As everywhere in Docker, units are powers of 1024, however they are spelled.
 * Fractions of a byte are dropped.
 *
 * @param size matches {@link MEMORY_SIZE_PATTERN}
 */
export function parseMemorySize(size: string): number {
  const [, amount, unit = 'b'] = MEMORY_SIZE_PATTERN.exec(size) ?? [];
  return Math.floor(Number(amount) * 1024 ** POWER_OF_1024_BY_UNIT[unit[0]!.toLowerCase()]!);
}
