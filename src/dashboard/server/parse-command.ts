import { z } from 'zod';
import { DevnetError } from '../../shared/errors.ts';
import { formatList } from '../../shared/text.ts';
import type { Topology } from '../../topology/model/topology.ts';
import type { PageCommand } from '../page/page-command.ts';

const node = z.string();
const share = z.number().gt(0).max(1).optional();
const conditions = z.strictObject({
  delay: z.number().gt(0).max(3_600_000).optional(),
  jitter: z.number().gt(0).max(3_600_000).optional(),
  loss: share,
  rate: z.number().min(1).max(1e12).optional(),
  duplicate: share,
  reorder: share,
  corrupt: share,
});
const pair = { from: node, to: node };

const schema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum(['kill', 'stop', 'pause', 'unpause', 'restart']), node }),
  z.strictObject({ do: z.literal('heal'), targets: z.array(z.string()) }),
  z.strictObject({ do: z.literal('cut'), ...pair, oneWay: z.boolean().optional() }),
  z.strictObject({ do: z.literal('link'), ...pair, oneWay: z.boolean().optional(), conditions }),
  z.strictObject({ do: z.literal('clear'), ...pair }),
  z.strictObject({ do: z.literal('partition'), groups: z.array(z.array(node).min(1)).min(2) }),
  z.strictObject({ do: z.literal('send'), node, type: z.string().min(1), payload: z.string().optional() }),
  z.strictObject({ do: z.literal('measure'), ...pair }),
  z.strictObject({ do: z.literal('run'), file: z.string().min(1).max(255), text: z.string() }),
]);

/**
 * Reads a command of the page, and checks it against the topology.
 * @throws DevnetError `usage`, `no_such_node`
 */
export function parseCommand(body: string, topology: Pick<Topology, 'name' | 'nodes'>): PageCommand {
  const parsed = schema.safeParse(parseJson(body));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new DevnetError('usage', `not a command: ${issue?.path.join('.') || 'body'}: ${issue?.message}`);
  }
  const command = parsed.data as PageCommand;
  const names = new Set(topology.nodes.map(({ name }) => name));
  const unknown = nodesOf(command).find((name) => !names.has(name));
  if (unknown !== undefined) {
    throw new DevnetError('no_such_node', `"${topology.name}" has no node "${unknown}"`, {
      hint: `its nodes: ${formatList([...names], { max: 12 })}`,
    });
  }
  assertPossible(command);
  return command;
}

function assertPossible(command: PageCommand): void {
  if ('from' in command && command.from === command.to) {
    throw new DevnetError('usage', `a link has two ends, and both are ${command.from}`);
  }
  if (command.do === 'partition') {
    const nodes = command.groups.flat();
    const repeated = nodes.find((name, index) => nodes.indexOf(name) !== index);
    if (repeated !== undefined) throw new DevnetError('usage', `${repeated} is on both sides`);
  }
  if (command.do === 'link') {
    const { delay = 0, jitter = 0 } = command.conditions;
    if (Object.values(command.conditions).every((value) => value === undefined)) {
      throw new DevnetError('usage', 'no condition to set', { hint: 'clear sets the declared conditions' });
    }
    if (jitter > delay) {
      throw new DevnetError('usage', `a jitter of ${jitter} ms around a delay of ${delay} ms goes below 0`, {
        hint: 'give a delay at least as long',
      });
    }
  }
}

/** Names of nodes in a command; targets of a heal may be faults. */
function nodesOf(command: PageCommand): string[] {
  if ('node' in command) return [command.node];
  if ('from' in command) return [command.from, command.to];
  return command.do === 'partition' ? command.groups.flat() : [];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DevnetError('usage', 'not a command: the body is not JSON');
  }
}
