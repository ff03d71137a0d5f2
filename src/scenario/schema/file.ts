import { z } from 'zod';
import { type JsonSchema, jsonSchema, TopologyFile } from '../../topology/schema/index.ts';
import { SENTENCES } from '../expectations.ts';
import { DOINGS, type Doing, Doings, DRAWN, Expectations, type Modifier, Modifiers, TAKES } from './index.ts';

/**
 * Whole steps and files, for editors. The parser goes by the key that says what a step does, and so tells better what is
 * wrong with it. What one key asks of another, as "every" does of "until", it alone checks.
 */

const sentences = SENTENCES.map(({ example, pattern }) =>
  z
    .string()
    .regex(pattern)
    .meta({ examples: [example] }),
);
const maps = Object.entries(Expectations).map(([name, map]) => map.meta({ title: `expectation: ${name}` }));

const Expectation = z
  .union([...sentences, ...maps])
  .meta({ id: 'Expectation', description: 'What must hold, within 10s where it does not say: a sentence or a map.' });

const stepOf = (doing: Doing) => {
  const ends = (modifier: Modifier) => modifier === 'until' && DRAWN.includes(doing);
  const beside = TAKES[doing].map((key) => [key, ends(key) ? Modifiers[key] : Modifiers[key].optional()]);
  const value = doing === 'expect' ? Expectation : Doings[doing];
  return z.strictObject({ [doing]: value, ...Object.fromEntries(beside) }).meta({ title: `step: ${doing}` });
};

/** Steps of a scenario that do one of these. */
export const stepsOf = (doings: readonly Doing[]) =>
  z.array(z.union(doings.map(stepOf))).meta({
    description: 'A list of steps, each of them one thing to do, and when.',
    examples: [[{ at: '10s', kill: 'n3', for: '5s' }]],
  });

const Steps = stepsOf(DOINGS).min(1).meta({ id: 'Steps' });

/** A scenario that names its topology. */
export const ScenarioFile = z
  .strictObject({
    topology: z
      .string()
      .min(1)
      .meta({ description: "The topology file, relative to this file's folder.", examples: ['../default.yaml'] }),
    scenario: Steps,
  })
  .meta({ title: 'devnet scenario', description: 'What happens to a devnet, and what is expected of it meanwhile.' });

/** A scenario in its topology. */
const TopologyWithScenario = TopologyFile.extend({ scenario: Steps }).meta({ ...TopologyFile.meta() });

/** The JSON Schema of a file with a scenario, for editors. */
export const scenarioJsonSchema = (): JsonSchema => jsonSchema(z.union([ScenarioFile, TopologyWithScenario]));
