import { Argument, Command } from 'commander';
import { PARTITION_PRESETS } from '../../../scenario/model/partition-presets.ts';
import { addNetworkOption, examples, lazyAction } from '../../input/define-command.ts';
import {
  parseMemoryOption,
  parseMillisecondsOption,
  parsePositiveNumberOption,
  parseProbabilityOption,
  parseRateOption,
  parseTimeSpanOption,
} from '../../input/option-parsers.ts';

const NODE = 'name of the node, or NETWORK/NODE';

/** Options that every command that injects a fault has. */
export interface FaultOptions {
  name?: string;
  /** Seconds. */
  for?: number;
  as?: string;
}

function addFaultOptions(command: Command): Command {
  return addNetworkOption(command)
    .option('--for <time>', 'wait this long, as in 30s, then heal it; Ctrl-C heals it at once', parseTimeSpanOption)
    .option('--as <name>', 'name of the fault, for devnet heal and the log');
}

/** The commands that change links and break networks and nodes. */
export const faultCommands = (): Command[] => [
  addFaultOptions(
    new Command('link')
      .summary('list, change or clear the conditions of links')
      .description(
        'Without nodes, lists the configured conditions of every link. With two nodes, sets the conditions of the packets\n' +
          'between them in both directions, replacing the earlier ones. A delay is one way: a round trip takes it twice.',
      )
      .argument('[node-a]', 'name of a node, or NETWORK/NODE')
      .argument('[node-b]', 'name of the node at the other end'),
  )
    .option('--delay <time>', 'as in 80ms', parseMillisecondsOption)
    .option('--jitter <time>', 'how much delays vary, either way', parseMillisecondsOption)
    .option('--loss <share>', 'share of packets to lose, as in 1%', parseProbabilityOption)
    .option('--rate <rate>', 'bits per second, as in 10mbit', parseRateOption)
    .option('--duplicate <share>', 'share of packets to deliver twice', parseProbabilityOption)
    .option('--reorder <share>', 'share of packets to deliver before earlier ones', parseProbabilityOption)
    .option('--corrupt <share>', 'share of packets to flip a bit in', parseProbabilityOption)
    .option('--one-way', 'only from the first node to the second')
    .option('--clear', 'back to what the topology declares')
    .option('--json', 'the list as JSON')
    .addHelpText(
      'after',
      examples(
        ['link', 'the configured conditions of every link'],
        ['link n1 n2 --delay 80ms --loss 1%'],
        ['link n1 n2 --rate 1mbit --one-way --for 30s'],
        ['link n1 n2 --clear'],
      ),
    )
    .action(lazyAction(() => import('./link.ts'))),

  addFaultOptions(
    new Command('partition')
      .summary('cut groups of nodes off from each other')
      .description(
        'No packet passes between the groups until devnet heal. Groups are separated by a slash, the nodes of a group by\n' +
          `commas; the name of a group in the topology stands for its nodes. Presets: ${PARTITION_PRESETS.join(', ')}.`,
      )
      .argument('<nodes...>', 'a,b / c,d, or a preset; the name of the network may come first'),
  )
    .option('--one-way', 'only from the first group to the others: the way back stays open')
    .addHelpText(
      'after',
      examples(['partition n1,n2 / n3,n4'], ['partition eu / us --for 30s'], ['partition halves --one-way']),
    )
    .action(lazyAction(async () => ({ run: (await import('./partition.ts')).runPartition }))),

  addFaultOptions(
    new Command('cut')
      .summary('cut the link between two nodes')
      .description('No packet passes between the two nodes until devnet heal.')
      .argument('<node-a>', 'name of a node, or NETWORK/NODE')
      .argument('<node-b>', 'name of the other node'),
  )
    .option('--one-way', 'only from the first node to the second')
    .addHelpText('after', examples(['cut n1 n2'], ['cut n1 n2 --one-way --for 30s']))
    .action(lazyAction(async () => ({ run: (await import('./partition.ts')).runCut }))),

  addFaultOptions(
    new Command('messages')
      .summary('drop, delay, duplicate, reorder or corrupt messages on a link')
      .description('Affects only messages that one node sends to another. Neither node can tell who did it.')
      .argument('<node-from>', 'name of the sending node, or NETWORK/NODE')
      .argument('<node-to>', 'name of the receiving node')
      .addArgument(
        new Argument('<action>', 'what to do to them').choices(['drop', 'delay', 'duplicate', 'reorder', 'corrupt']),
      ),
  )
    .option('--type <type>', 'only messages of this message_type')
    .option('--probability <share>', 'share of the messages to affect, as in 30%', parseProbabilityOption)
    .option('--by <time>', 'with delay: how long, as in 0.5s', parseTimeSpanOption, 1)
    .addHelpText(
      'after',
      examples(['messages n1 n2 drop --type gossip --probability 50% --for 30s'], ['messages n1 n2 delay --by 0.5s']),
    )
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runMessages }))),

  addFaultOptions(
    new Command('kill')
      .summary('end a node as a crash would')
      .description('Ends a node at once. devnet heal NODE starts it again and sends it its peers.')
      .argument('<node>', NODE),
  )
    .addHelpText('after', examples(['kill n3'], ['kill n3 --for 10s', 'and start it again']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runKill }))),

  addFaultOptions(
    new Command('stop')
      .summary('ask a node to end')
      .description('Asks a node to end. devnet heal NODE starts it again and sends it its peers.')
      .argument('<node>', NODE),
  )
    .addHelpText('after', examples(['stop n3']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runStop }))),

  addFaultOptions(
    new Command('pause')
      .summary('freeze a node')
      .description('Freezes a node: its connections stay open, and it does not answer on them.')
      .argument('<node>', NODE),
  )
    .addHelpText('after', examples(['pause n3 --for 5s']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runPause }))),

  addNetworkOption(new Command('unpause').summary('let a paused node continue').argument('<node>', NODE))
    .addHelpText('after', examples(['unpause n3']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runUnpause }))),

  addNetworkOption(
    new Command('restart')
      .summary('stop a node and start it again')
      .description(
        'Asks a node to end, starts it again, and sends it its peers. The node is back when the command ends.',
      )
      .argument('<node>', NODE),
  )
    .addHelpText('after', examples(['restart n3']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runRestart }))),

  addFaultOptions(
    new Command('squeeze').summary('limit the processor time or memory of a node').argument('<node>', NODE),
  )
    .option('--cpus <cores>', 'cores, as in 0.1', parsePositiveNumberOption)
    .option('--memory <bytes>', 'memory, as in 32m', parseMemoryOption)
    .addHelpText('after', examples(['squeeze n3 --cpus 0.1 --memory 32m']))
    .action(lazyAction(async () => ({ run: (await import('./node-faults.ts')).runSqueeze }))),

  addNetworkOption(
    new Command('heal')
      .summary('take faults back')
      .description(
        'Takes back the faults of these names, or what was done to these nodes. Without a name, everything: links have\n' +
          'their declared conditions again, and every node runs with its declared limits and knows its peers.',
      )
      .argument('[fault-or-node...]', 'what to heal; the name of the network may come first (default: everything)'),
  )
    .addHelpText('after', examples(['heal', 'everything'], ['heal n3'], ['heal partition-3fa2']))
    .action(lazyAction(() => import('./heal.ts'))),
];
