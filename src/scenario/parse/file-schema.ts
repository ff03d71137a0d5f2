import { z } from 'zod';
import { type JsonSchema, TopologyFileSchema, toJsonSchema } from '../../topology/schema/index.ts';
import { expectationSchemas } from '../schema/expectations.ts';
import {
  ACTION_NAMES,
  type ActionName,
  ALLOWED_MODIFIERS,
  actionSchemas,
  type ModifierName,
  modifierSchemas,
  RANDOM_ACTIONS,
} from '../schema/steps.ts';
import { EXPECTATION_SENTENCES } from './parse-expectation.ts';

/**
 * Schemas of whole steps and files, for editors. The parser picks the schema of the action instead, which gives better
 * messages, and it alone checks what one key asks of another, as `every` does of `until`.
 */

const sentenceSchemas = EXPECTATION_SENTENCES.map(({ example, pattern }) =>
  z
    .string()
    .regex(pattern)
    .meta({ examples: [example] }),
);
const mapSchemas = Object.entries(expectationSchemas).map(([name, map]) => map.meta({ title: `expectation: ${name}` }));

const expectationSchema = z.union([...sentenceSchemas, ...mapSchemas]).meta({
  id: 'Expectation',
  description: 'Condition that must hold, a sentence or a map; within 10s where it gives no time.',
});

const stepSchema = (action: ActionName) => {
  const isRequired = (modifier: ModifierName) => modifier === 'until' && RANDOM_ACTIONS.includes(action);
  const modifiers = ALLOWED_MODIFIERS[action].map((key) => [
    key,
    isRequired(key) ? modifierSchemas[key] : modifierSchemas[key].optional(),
  ]);
  const value = action === 'expect' ? expectationSchema : actionSchemas[action];
  return z.strictObject({ [action]: value, ...Object.fromEntries(modifiers) }).meta({ title: `step: ${action}` });
};

/** Schema of a list of steps with these actions. */
export const stepListSchema = (actions: readonly ActionName[]) =>
  z.array(z.union(actions.map(stepSchema))).meta({
    description: 'A list of steps; each is one action and its time.',
    examples: [[{ at: '10s', kill: 'n3', for: '5s' }]],
  });

const scenarioStepsSchema = stepListSchema(ACTION_NAMES).min(1).meta({ id: 'Steps' });

/** Schema of a scenario that names its topology. */
export const scenarioFileSchema = z
  .strictObject({
    topology: z
      .string()
      .min(1)
      .meta({ description: "The topology file, relative to this file's folder.", examples: ['../default.yaml'] }),
    scenario: scenarioStepsSchema,
  })
  .meta({ title: 'devnet scenario', description: 'Timed faults and messages, and what must hold meanwhile.' });

/** Schema of a topology file with a scenario. */
const topologyWithScenarioSchema = TopologyFileSchema.extend({ scenario: scenarioStepsSchema }).meta({
  ...TopologyFileSchema.meta(),
});

/** Returns the JSON Schema of a file with a scenario, for editors. */
export const scenarioJsonSchema = (): JsonSchema =>
  toJsonSchema(z.union([scenarioFileSchema, topologyWithScenarioSchema]));
