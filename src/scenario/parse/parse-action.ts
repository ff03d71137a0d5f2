import type { PlannedFault } from '../../network/fault.ts';
import { withoutReversed } from '../../network/links/describe-links.ts';
import { DEFAULT_SEED } from '../../shared/seeded-random.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { Link, LinkConditions } from '../../topology/model/topology.ts';
import type { StepAction } from '../model/scenario.ts';
import { type ActionName, actionSchemas, type StepModifiers } from '../schema/steps.ts';
import { parseExpectation } from './parse-expectation.ts';
import { parseCut, parsePartition } from './parse-partition.ts';
import { pairsOf, type ScenarioContext } from './scenario-context.ts';

/** Parses the action of a step; undefined when it has mistakes, which are reported. */
export function parseAction(
  context: ScenarioContext,
  name: ActionName,
  value: unknown,
  { for: durationMs, oneway = false }: StepModifiers,
  path: DocumentPath,
): StepAction | undefined {
  const lasting = durationMs === undefined ? {} : { durationMs };
  const faults = (faults: PlannedFault[]): StepAction => ({ do: 'fault', faults, ...lasting });
  switch (name) {
    case 'partition': {
      const action = parsePartition(context, value, oneway, path);
      return action && { ...action, ...lasting };
    }
    case 'cut': {
      const text = context.validate(actionSchemas.cut, value, path);
      return text === undefined ? undefined : faults([parseCut(context, text, path)]);
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart': {
      context.validate(actionSchemas[name], value, path);
      return faults(context.resolveNames(value, path).map((node) => ({ kind: name, node })));
    }
    case 'squeeze': {
      const form = context.validate(actionSchemas.squeeze, value, path);
      if (form === undefined) return undefined;
      const { node, ...limits } = form;
      if (Object.keys(limits).length === 0) context.report(path, 'expected "cpus" or "memory", or both');
      const nodes = context.resolveNames(node, [...path, 'node']);
      return faults(nodes.map((node) => ({ kind: 'squeeze', node, ...omitUndefined(limits) })));
    }
    case 'messages': {
      const form = context.validate(actionSchemas.messages, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...rest } = form;
      if (form.action === 'delay' && form.delay === undefined)
        context.report(path, 'missing key "delay": expected a time such as 2s');
      if (form.action !== 'delay' && form.delay !== undefined) context.report(path, '"delay" needs "action: delay"');
      const pairs = parseLinkedPairs(context, from, to, path);
      return faults(pairs.map((pair) => ({ kind: 'messages', ...pair, ...omitUndefined(rest) })));
    }
    case 'link': {
      const form = context.validate(actionSchemas.link, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...declared } = form;
      const linked = parseLinkedPairs(context, from, to, path);
      const pairs = oneway ? linked : withoutReversed(linked);
      // A condition of 0 is none, and a fault holds only the conditions that there are.
      const quality: LinkConditions = Object.fromEntries(Object.entries(declared).filter(([, amount]) => amount));
      return faults(pairs.map((pair) => ({ kind: 'link', ...pair, ...(oneway ? { oneway } : {}), quality })));
    }
    case 'host': {
      const form = context.validate(actionSchemas.host, value, path);
      return form && faults([{ kind: 'host', host: form.name, action: form.action }]);
    }
    case 'heal': {
      const form = context.validate(actionSchemas.heal, value, path);
      if (form === undefined) return undefined;
      const names = (Array.isArray(form) ? form : form.split(',')).map((name) => name.trim());
      return names.length === 1 && names[0] === 'all' ? { do: 'heal' } : { do: 'heal', names };
    }
    case 'gossip': {
      const form = context.validate(actionSchemas.gossip, value, path);
      if (form === undefined) return undefined;
      const { from, ...data } = typeof form === 'string' ? { from: form } : form;
      const node = context.resolveNode(from, typeof form === 'string' ? path : [...path, 'from']);
      return node === undefined ? undefined : { do: 'gossip', from: node, ...data };
    }
    case 'send': {
      const form = context.validate(actionSchemas.send, value, path);
      const node = form && context.resolveNode(form.to, [...path, 'to']);
      return node === undefined ? undefined : { do: 'send', ...form!, to: node };
    }
    case 'churn': {
      const form = context.validate(actionSchemas.churn, value, path);
      if (form === undefined) return undefined;
      const { rate, down, by = 'kill', seed = DEFAULT_SEED } = form;
      const nodes = context.resolveNames(form.nodes ?? [...context.nodeNames], [...path, 'nodes']);
      return { do: 'churn', rate, durationMs: down, nodes, by, seed };
    }
    case 'cuts': {
      const form = context.validate(actionSchemas.cuts, value, path);
      if (form === undefined) return undefined;
      const nodes = context.resolveNames(form.nodes ?? [...context.nodeNames], [...path, 'nodes']);
      const links = withoutReversed(context.linksAmong(nodes));
      if (links.length === 0) context.report(path, 'expected links to cut, got nodes without links between them');
      const { rate, for: durationMs, seed = DEFAULT_SEED } = form;
      return { do: 'cuts', rate, durationMs, links, seed };
    }
    case 'expect': {
      const expectation = parseExpectation(context, value, path);
      return expectation && { do: 'expect', expectation };
    }
  }
}

/** Pairs of a node on the left and one on the right that a link joins, in either direction. */
function parseLinkedPairs(context: ScenarioContext, from: unknown, to: unknown, path: DocumentPath): Link[] {
  const pairs = pairsOf({
    from: context.resolveNames(from, [...path, 'from']),
    to: context.resolveNames(to, [...path, 'to']),
  });
  const linked = pairs.filter((pair) => context.areLinked(pair));
  if (pairs.length > 0 && linked.length === 0)
    context.report(path, 'expected nodes with a link between them, got nodes without one');
  return linked;
}

function omitUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
