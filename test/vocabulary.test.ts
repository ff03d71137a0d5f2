import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './support/paths.ts';

// The glossary in docs/architecture.md has one word for each idea. These words, and names, stood for the same ideas before.

/** Words that are part of no name. */
const RETIRED_WORDS = [
  ...['abilities', 'ability', 'abortable', 'afterlife', 'alone', 'asked', 'asking', 'beside', 'circumstances', 'cloud'],
  ...['complain', 'counting', 'crowd', 'crowds', 'demux', 'doing', 'doings', 'dumped', 'evidence', 'figure', 'figures'],
  ...['fold', 'gossiped', 'guest', 'happening', 'happenings', 'healing', 'injected', 'inquiry', 'insist', 'invocation'],
  ...[
    'judgement',
    'lab',
    'lack',
    'lacks',
    'lane',
    'likely',
    'lives',
    'meaning',
    'microtime',
    'mistake',
    'mistakes',
    'news',
  ],
  ...[
    'obituary',
    'oneshot',
    'openings',
    'parcel',
    'patience',
    'people',
    'pest',
    'picture',
    'pictures',
    'pour',
    'quality',
  ],
  ...['reading', 'resident', 'revive', 'roster', 'silence', 'silent', 'soup', 'standing', 'stopwatch', 'tally', 'tell'],
  ...['told', 'truth', 'turns', 'vehicle', 'wanted', 'ways', 'wording', 'zoo'],
];

/**
 * Whole names of files and exports. Within a longer name these words may be right: `seen-cache`, `log-tail`.
 *
 * Retired names that are good ones in another sense are left out: `conditions`, `cut`, `fail`, `fanout`, `fault`, `line`,
 * `links`, `load`, `names`, `networks`, `output`, `peer`, `point`, `probe`, `sample`, `shaping`, `timeline` and `traffic`.
 */
const RETIRED_NAMES = [
  ...[
    'adding',
    'after-reading',
    'application',
    'apply',
    'ask',
    'base',
    'become',
    'bring-about',
    'bucket',
    'between',
    'book',
    'carry-out',
    'causes',
    'changes',
    'changing',
    'check',
  ],
  ...[
    'declared',
    'dialing',
    'draw',
    'ends',
    'every',
    'exact',
    'exchange',
    'expand',
    'expiry',
    'expression',
    'failure',
    'field',
    'flow',
    'for-people',
    'foreign',
    'free',
  ],
  ...[
    'ground',
    'guard',
    'guarded',
    'held',
    'identity',
    'in-force',
    'incoming',
    'infection',
    'interfaces',
    'is-free',
    'journal',
    'judge',
    'kept',
    'last-lines',
    'last-words',
    'link-asks',
    'log-book',
    'look',
    'make-network',
    'merge',
  ],
  ...[
    'most',
    'node-base',
    'node-spec',
    'observed',
    'once',
    'orient',
    'outgoing',
    'pace',
    'parts',
    'piece',
    'place',
    'plain',
    'predict',
  ],
  ...[
    'present',
    'quantity',
    'redial',
    'refusal',
    'relay',
    'removing',
    'requests',
    'roll',
    'route',
    'routes',
    'rules',
    'say',
    'scene',
  ],
  ...[
    'schedules',
    'send-alone',
    'seen',
    'shot',
    'spans',
    'spec-away',
    'splitter',
    'spread',
    'squeeze',
    'stage',
    'stale',
    'stopped',
    'stops',
    'store',
    'stream',
    'suggest',
    'tag',
    'tail',
  ],
  ...['take-interrupt', 'takes', 'task', 'tools', 'trial', 'value', 'watch', 'wire', 'words'],
];

const files = ['src', 'test', 'bench', 'scripts', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).map(({ parentPath, name }) =>
    join(parentPath, name).slice(root.length + 1),
  ),
);

const wordsOf = (name: string) => (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());

function isRetired(name: string): boolean {
  const words = wordsOf(name);
  return RETIRED_NAMES.includes(words.join('-')) || words.some((word) => RETIRED_WORDS.includes(word));
}

describe('retired words', () => {
  it('are in no name of a file or folder', () => {
    expect(files.length).toBeGreaterThan(500);
    expect(files.filter((file) => isRetired(basename(file).replace(/\..*/, '')))).toEqual([]);
  });

  it('are in no exported name', () => {
    const exported = files
      .filter((file) => !file.startsWith('test/') && /\.[jt]s$/.test(file))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        const declared = text.matchAll(
          /^export (?:abstract |async )*(?:const|let|function\*?|class|interface|type|enum) (\w+)/gm,
        );
        const renamed = text.matchAll(/^(?:export \*|export .*\w| {2}\w+) as (\w+)/gm);
        return [...declared, ...renamed].map(([, name]) => `${name} in ${file}`);
      });
    expect(exported.length).toBeGreaterThan(800);
    expect(exported.filter((entry) => isRetired(entry.split(' ', 1)[0]!))).toEqual([]);
  });
});
