import { describe, expect, it } from 'vitest';
import { describeBusyMachine } from '../../../src/cli/output/experiment-format.ts';

describe('an estimate', () => {
  it.each([
    [0, 2, undefined],
    [1.9, 2, undefined],
    [5.04, 2, 'this machine is busy (load 5.0 on 2 processors), so it will take longer'],
    [1, 1, 'this machine is busy (load 1.0 on 1 processor), so it will take longer'],
  ])('at a load of %d on %d processors', (load, processors, expected) => {
    expect(describeBusyMachine(load, processors)).toBe(expected);
  });
});
