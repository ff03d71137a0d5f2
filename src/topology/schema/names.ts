import { z } from 'zod';
import { MAX_NAME_LENGTH, NAME, PREFIX } from '../limits.ts';

const identifier = z.string().regex(NAME).max(MAX_NAME_LENGTH);
const A_NAME = `a name of lower-case letters, digits and inner hyphens, at most ${MAX_NAME_LENGTH} characters`;

export const DevnetName = identifier.meta({
  expected: A_NAME,
  description: "Name of the devnet. Default: the file's name without its ending.",
});

export const NodeName = identifier.meta({ expected: A_NAME, description: 'Name of a node.' });

/** What a group's nodes are called: the prefix and a number. */
export const Prefix = z
  .string()
  .regex(PREFIX)
  .max(MAX_NAME_LENGTH - 1)
  .meta({
    expected: 'a prefix of lower-case letters, digits and hyphens',
    description: 'Start of each name: prefix n gives n1, n2, n3 …',
    default: 'n',
  });

/** Ends of links, and what a shape spans. */
export const Names = z.union([z.string(), z.array(z.string()).min(1)]).meta({
  expected: 'a name or a list of names',
  description: 'Names of nodes or groups.',
});
