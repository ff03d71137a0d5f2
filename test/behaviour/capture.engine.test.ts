import { describe } from 'vitest';
import { describeCaptures } from './capture-contract.ts';

describe('in containers', () => describeCaptures('containers'));
