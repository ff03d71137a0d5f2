import { z } from 'zod';
import { type JsonSchema, TopologyFileSchema, toJsonSchema } from '../../topology/schema/index.ts';
import {
  ACTION_NAMES,
  type ActionName,
  ALLOWED_MODIFIERS,
  actionSchemas,
  expectationSchemas,
  type ModifierName,
  modifierSchemas,
  RANDOM_ACTIONS,
} from '../schema/steps.ts';
import { EXPECTATION_SENTENCES } from './parse-expectation.ts';

/**
 * Whole steps and files, for editors. The parser goes by the key that says what a step does, and so tells better what is
 * wrong with it. What one key asks of another, as "every" does of "until", it alone checks.
 */

const sentenceSchemas = EXPECTATION_SENTENCES.map(({ example, pattern }) =>
  z
    .string()
    .regex(pattern)
    .meta({ examples: [example] }),
);
const mapSchemas = Object.entries(expectationSchemas).map(([name, map]) => map.meta({ title: `expectation: ${name}` }));

const expectationSchema = z
  .union([...sentenceSchemas, ...mapSchemas])
  .meta({ id: 'Expectation', description: 'What must hold, within 10s where it does not say: a sentence or a map.' });

const stepSchema = (doing: ActionName) => {
  const ends = (modifier: ModifierName) => modifier === 'until' && RANDOM_ACTIONS.includes(doing);
  const beside = ALLOWED_MODIFIERS[doing].map((key) => [
    key,
    ends(key) ? modifierSchemas[key] : modifierSchemas[key].optional(),
  ]);
  const value = doing === 'expect' ? expectationSchema : actionSchemas[doing];
  return z.strictObject({ [doing]: value, ...Object.fromEntries(beside) }).meta({ title: `step: ${doing}` });
};

/** Steps of a scenario that do one of these. */
export const stepListSchema = (doings: readonly ActionName[]) =>
  z.array(z.union(doings.map(stepSchema))).meta({
    description: 'A list of steps, each of them one thing to do, and when.',
    examples: [[{ at: '10s', kill: 'n3', for: '5s' }]],
  });

const scenarioStepsSchema = stepListSchema(ACTION_NAMES).min(1).meta({ id: 'Steps' });

/** A scenario that names its topology. */
export const scenarioFileSchema = z
  .strictObject({
    topology: z
      .string()
      .min(1)
      .meta({ description: "The topology file, relative to this file's folder.", examples: ['../default.yaml'] }),
    scenario: scenarioStepsSchema,
  })
  .meta({ title: 'devnet scenario', description: 'What happens to a devnet, and what is expected of it meanwhile.' });

/** A scenario in its topology. */
const topologyWithScenarioSchema = TopologyFileSchema.extend({ scenario: scenarioStepsSchema }).meta({
  ...TopologyFileSchema.meta(),
});

/** The JSON Schema of a file with a scenario, for editors. */
export const scenarioJsonSchema = (): JsonSchema =>
  toJsonSchema(z.union([scenarioFileSchema, topologyWithScenarioSchema]));
