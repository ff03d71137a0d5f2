import type { Path } from '../topology/path.ts';
import { DEFAULT_SEED } from '../topology/random.ts';
import type { Reading } from '../topology/reading.ts';
import type { Beside } from './beside.ts';
import { readExpectation } from './expectations.ts';
import type { Fault, LinkQuality } from './fault.ts';
import { eachOnce, linkedEnds } from './link-ends.ts';
import { readCut, readPartition } from './partition.ts';
import type { Roll } from './roll.ts';
import { type Doing, Doings } from './schema/index.ts';
import type { Action } from './step.ts';

interface Told {
  doing: Doing;
  value: unknown;
  beside: Beside;
  path: Path;
}

/** Parses what a step does; undefined when that has mistakes, which are then noted. */
export function readAction(reading: Reading, roll: Roll, told: Told): Action | undefined {
  const { doing, value, beside, path } = told;
  const lasts = beside.for === undefined ? {} : { lasts: beside.for };
  const faults = (made: Fault[] | undefined): Action | undefined => made && { do: 'fault', faults: made, ...lasts };
  switch (doing) {
    case 'partition':
      return readPartition(reading, roll, value, beside, path);
    case 'cut': {
      const text = reading.check(Doings.cut, value, path);
      return faults(text === undefined ? undefined : readCut(reading, roll, text, path));
    }
    case 'kill':
    case 'stop':
    case 'pause':
    case 'restart': {
      reading.check(Doings[doing], value, path);
      return faults(roll.names(value, path).map((node) => ({ kind: doing, node })));
    }
    case 'squeeze': {
      const form = reading.check(Doings.squeeze, value, path);
      if (form === undefined) return undefined;
      const { node, ...limits } = form;
      if (Object.keys(limits).length === 0) reading.mistake(path, 'expected "cpus" or "memory", or both');
      const nodes = roll.names(node, [...path, 'node']);
      return faults(nodes.map((name) => ({ kind: 'squeeze', node: name, ...present(limits) })));
    }
    case 'messages': {
      const form = reading.check(Doings.messages, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...rest } = form;
      if ((form.action === 'delay') !== (form.delay !== undefined))
        reading.mistake(
          path,
          form.delay === undefined ? 'missing key "delay": expected how long' : '"delay" needs "action: delay"',
        );
      const ends = linkedEnds(reading, roll, from, to, path);
      return faults(ends.map((pair) => ({ kind: 'messages', ...pair, ...present(rest) })));
    }
    case 'link': {
      const form = reading.check(Doings.link, value, path);
      if (form === undefined) return undefined;
      const { from, to, ...declared } = form;
      const linked = linkedEnds(reading, roll, from, to, path);
      const ends = beside.oneway ? linked : eachOnce(linked);
      // Nothing of a quality is what a network has by itself.
      const quality: LinkQuality = Object.fromEntries(Object.entries(declared).filter(([, amount]) => amount));
      const oneway = beside.oneway ? { oneway: true } : {};
      return faults(ends.map((pair) => ({ kind: 'link', ...pair, ...oneway, quality })));
    }
    case 'heal': {
      const form = reading.check(Doings.heal, value, path);
      if (form === undefined) return undefined;
      const names = (Array.isArray(form) ? form : form.split(',')).map((name) => name.trim());
      return names.length === 1 && names[0] === 'all' ? { do: 'heal' } : { do: 'heal', names };
    }
    case 'gossip': {
      const form = reading.check(Doings.gossip, value, path);
      if (form === undefined) return undefined;
      const { from, ...data } = typeof form === 'string' ? { from: form } : form;
      const node = roll.node(from, typeof form === 'string' ? path : [...path, 'from']);
      return node === undefined ? undefined : { do: 'gossip', from: node, ...data };
    }
    case 'send': {
      const form = reading.check(Doings.send, value, path);
      const node = form && roll.node(form.to, [...path, 'to']);
      return node === undefined ? undefined : { do: 'send', ...form!, to: node };
    }
    case 'churn': {
      const form = reading.check(Doings.churn, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? [...roll.nodes] : roll.names(form.nodes, [...path, 'nodes']);
      const { rate, down: lasts, by = 'kill', seed = DEFAULT_SEED } = form;
      return { do: 'churn', rate, lasts, nodes, by, seed };
    }
    case 'cuts': {
      const form = reading.check(Doings.cuts, value, path);
      if (form === undefined) return undefined;
      const nodes = form.nodes === undefined ? roll.nodes : roll.names(form.nodes, [...path, 'nodes']);
      const links = roll.pairs(nodes);
      if (links.length === 0) reading.mistake(path, 'expected links to cut, and there are none between these nodes');
      const { rate, for: lasts, seed = DEFAULT_SEED } = form;
      return { do: 'cuts', rate, lasts, links, seed };
    }
    case 'expect': {
      const expectation = readExpectation(reading, roll, value, path);
      return expectation && { do: 'expect', expectation };
    }
  }
}

/** Without the keys that are undefined. */
function present<T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never;
}
