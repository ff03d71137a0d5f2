/**
 * The one source of the file format: the parser checks every part of a file against these schemas, and the JSON Schema for
 * editors is made from them. In `meta`, `expected` completes the "expected …" of a diagnostic and `suggest` returns what was
 * probably meant; the rest is for editors.
 */

export { type JsonSchema, toJsonSchema } from './json-schema.ts';
export {
  BetweenRuleSchema,
  ConditionsSchema,
  GroupsSchema,
  LinkConditionsSchema,
  linkConditionFields,
  OneWayRuleSchema,
  SHAPING_MODES,
  ShapingSchema,
  UncheckedScenarioSchema,
} from './link-conditions.ts';
export { CountedNodesSchema, DeclaredNodeSettings, NodeGroupSchema } from './node-settings.ts';
export { DevnetNameSchema, NamePrefixSchema, NodeNameSchema } from './scalars.ts';
export { SHAPE_NAMES, SHAPE_SCHEMAS, type ShapeDeclaration, type ShapeName } from './shapes.ts';
export {
  CaptureSchema,
  EncryptedSchema,
  EngineSchema,
  InternalSchema,
  LINK_EXPRESSION_PATTERN,
  LinkEndsSchema,
  LinkTextSchema,
  SubnetSchema,
  TopologyFileSchema,
  topologyJsonSchema,
} from './topology-file.ts';
