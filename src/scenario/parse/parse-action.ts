import type { Fault } from '../../network/fault.ts';
import { DEFAULT_SEED } from '../../shared/seeded-random.ts';
import type { DocumentPath } from '../../topology/document/document-path.ts';
import type { ParseContext } from '../../topology/document/parse-context.ts';
import type { LinkConditions } from '../../topology/index.ts';
import { parseLinkedPairs, withoutReversed } from '../model/node-pairs.ts';
import type { StepAction } from '../model/scenario.ts';
import { type ActionName, actionSchemas } from '../schema/steps.ts';
import type { NameResolver } from './name-resolver.ts';
import { parseExpectation } from './parse-expectation.ts';
import type { StepModifiers } from './parse-modifiers.ts';
import { parseCut, parsePartition } from './parse-partition.ts';

interface ActionInput {
  action: ActionName;
  value: unknown;
  modifiers: StepModifiers;
  path: DocumentPath;
}

/** Parses what a step does; undefined when that has mistakes, which are then noted. */
export function parseAction(reading: ParseContext, roll: NameResolver, told: ActionInput): StepAction | undefined {
  const { action: doing, value, modifiers: beside, path } = told;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const faults = (made: Fault[] | undefined): StepAction | undefined => made && { do: 'fault', faults: made, ...lasts };
  switch (doing) {
    case 'partition':
      return parsePartition(reading, roll, value, beside, path);
    case 'cut': {
      const text = reading.validate(actionSchemas.cut, value, path);
      return faults(text === undefined ? undefined : parseCut(reading, roll, text, path));
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart': {
      reading.validate(actionSchemas[doing], value, path);
      return faults(roll.resolveNames(value, path).map((node) => ({ kind: doing, node })));
    }
    case 'squeeze': {
      const form = reading.validate(actionSchemas.squeeze, value, path);
      if (form === undefined) return undefined;
      const { node, ...limits } = form;
      if (Object.keys(limits).length === 0) reading.report(path, 'expected "cpus" or "memory", or both');
      const nodes = roll.resolveNames(node, [...path, 'node']);
      return faults(nodes.map((name) => ({ kind: 'squeeze', node: name, ...omitUndefined(limits) })));
    }
    case 'messages': {
      const form = reading.validate(actionSchemas.messages, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...rest } = form;
      if ((form.action === 'delay') !== (form.delay !== undefined))
        reading.report(
          path,
          form.delay === undefined ? 'missing key "delay": expected how long' : '"delay" needs "action: delay"',
        );
      const ends = parseLinkedPairs(reading, roll, from, to, path);
      return faults(ends.map((pair) => ({ kind: 'messages', ...pair, ...omitUndefined(rest) })));
    }
    case 'link': {
      const form = reading.validate(actionSchemas.link, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...declared } = form;
      const linked = parseLinkedPairs(reading, roll, from, to, path);
      const ends = beside.oneway ? linked : withoutReversed(linked);
      // Nothing of a quality is what a network has by itself.
      const quality: LinkConditions = Object.fromEntries(Object.entries(declared).filter(([, amount]) => amount));
      const oneway = beside.oneway ? { oneway: true } : {};
      return faults(ends.map((pair) => ({ kind: 'link', ...pair, ...oneway, quality })));
    }
    case 'heal': {
      const form = reading.validate(actionSchemas.heal, value, path);
      if (form === undefined) return undefined;
      const names = (Array.isArray(form) ? form : form.split(',')).map((name) => name.trim());
      return names.length === 1 && names[0] === 'all' ? { do: 'heal' } : { do: 'heal', names };
    }
    case 'gossip': {
      const form = reading.validate(actionSchemas.gossip, value, path);
      if (form === undefined) return undefined;
      const { from, ...data } = typeof form === 'string' ? { from: form } : form;
      const node = roll.resolveNode(from, typeof form === 'string' ? path : [...path, 'from']);
      return node === undefined ? undefined : { do: 'gossip', from: node, ...data };
    }
    case 'send': {
      const form = reading.validate(actionSchemas.send, value, path);
      const node = form && roll.resolveNode(form.to, [...path, 'to']);
      return node === undefined ? undefined : { do: 'send', ...form!, to: node };
    }
    case 'churn': {
      const form = reading.validate(actionSchemas.churn, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? [...roll.nodeNames] : roll.resolveNames(form.nodes, [...path, 'nodes']);
      const { rate, down: lasts, by = 'kill', seed = DEFAULT_SEED } = form;
      return { do: 'churn', rate, lasts, nodes, by, seed };
    }
    case 'cuts': {
      const form = reading.validate(actionSchemas.cuts, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? roll.nodeNames : roll.resolveNames(form.nodes, [...path, 'nodes']);
      const links = roll.linkedPairs(nodes);
      if (links.length === 0) reading.report(path, 'expected links to cut, and there are none between these nodes');
      const { rate, for: lasts, seed = DEFAULT_SEED } = form;
      return { do: 'cuts', rate, lasts, links, seed };
    }
    case 'expect': {
      const expectation = parseExpectation(reading, roll, value, path);
      return expectation && { do: 'expect', expectation };
    }
  }
}

/** Without the keys that are undefined. */
function omitUndefined<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
