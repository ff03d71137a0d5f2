import { describe, expect, it } from 'vitest';
import { networkName, selectNodes } from '../../../src/cli/input/select-network.ts';

describe('the network of a command', () => {
  it.each([
    [undefined, undefined, undefined],
    ['ring', undefined, 'ring'],
    [undefined, 'ring', 'ring'],
    ['ring', 'ring', 'ring'],
  ])('argument %s and --name %s give %s', (argument, option, name) => {
    expect(networkName(argument, option)).toBe(name);
  });

  it('is taken out of NETWORK/NODE', () => {
    expect(selectNodes(['n1', 'n2'], undefined)).toEqual({ name: undefined, words: ['n1', 'n2'] });
    expect(selectNodes(['ring/n1', 'n2'], undefined)).toEqual({ name: 'ring', words: ['n1', 'n2'] });
    expect(selectNodes(['ring/n1', 'ring/n2'], 'ring')).toEqual({ name: 'ring', words: ['n1', 'n2'] });
  });

  it('is only one', () => {
    const error = expect.objectContaining({
      code: 'usage',
      message: expect.stringContaining('one network, not about'),
    });
    expect(() => networkName('ring', 'star')).toThrow(error);
    expect(() => selectNodes(['ring/n1', 'star/n1'], undefined)).toThrow(error);
    expect(() => selectNodes(['ring/n1'], 'star')).toThrow(error);
  });
});
