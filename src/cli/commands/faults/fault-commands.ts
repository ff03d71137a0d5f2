import { Argument, Option } from 'commander';
import { HOST_ACTIONS } from '../../../network/fault.ts';
import { PARTITION_PRESETS } from '../../../scenario/model/partition-presets.ts';
import { DevnetCommand } from '../../input/devnet-command.ts';
import {
  parseCoresOption,
  parseMemoryOption,
  parseMillisecondsOption,
  parseProbabilityOption,
  parseRateOption,
  parseTimeSpanOption,
} from '../../input/option-parsers.ts';

/** Faults on nodes leave nothing but their effect, so that only this process and the log know them by a name. */
const NAME_OF_NODE_FAULT = 'for the log; devnet heal takes that of the node';

/** The commands that change links and break networks and nodes. */
export const faultCommands = (): DevnetCommand[] => [
  new DevnetCommand('link')
    .summary('list, change or clear the conditions of links')
    .description(
      'Without nodes, lists the configured conditions of every link. With two nodes, sets the conditions of the packets ' +
        'between them in both directions, replacing the earlier ones. A delay is one way: a round trip takes it twice.',
    )
    .argument('[node-a]', 'name of a node, or NETWORK/NODE')
    .argument('[node-b]', 'name of the node at the other end')
    .faultOptions()
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
    .examples(
      ['link', 'the configured conditions of every link'],
      ['link n1 n2 --delay 80ms --loss 1%'],
      ['link n1 n2 --rate 1mbit --one-way --for 30s'],
      ['link n1 n2 --clear'],
    )
    .runs(async () => (await import('./link.ts')).run),

  new DevnetCommand('partition')
    .summary('cut groups of nodes off from each other')
    .description(
      'No packet passes between the groups until devnet heal. Groups are separated by a slash, the nodes of a group by ' +
        `commas; the name of a group in the topology stands for its nodes. Presets: ${PARTITION_PRESETS.join(', ')}.`,
    )
    .argument('<nodes...>', 'a,b / c,d, or a preset; the name of the network may come first')
    .faultOptions()
    .option('--one-way', 'only from the first group to the others: the way back stays open')
    .examples(['partition n1,n2 / n3,n4'], ['partition eu / us --for 30s'], ['partition halves --one-way'])
    .runs(async () => (await import('./partition.ts')).runPartition),

  new DevnetCommand('cut')
    .summary('cut the link between two nodes')
    .description('No packet passes between the two nodes until devnet heal.')
    .argument('<node-a>', 'name of a node, or NETWORK/NODE')
    .argument('<node-b>', 'name of the other node')
    .faultOptions()
    .option('--one-way', 'only from the first node to the second')
    .examples(['cut n1 n2'], ['cut n1 n2 --one-way --for 30s'])
    .runs(async () => (await import('./partition.ts')).runCut),

  new DevnetCommand('messages')
    .summary('drop, delay, duplicate, reorder or corrupt messages on a link')
    .description('Affects only messages that one node sends to another. The nodes are not notified.')
    .argument('<node-from>', 'name of the sending node, or NETWORK/NODE')
    .argument('<node-to>', 'name of the receiving node')
    .addArgument(
      new Argument('<action>', 'what to do to them').choices(['drop', 'delay', 'duplicate', 'reorder', 'corrupt']),
    )
    .faultOptions()
    .option('--type <type>', 'only messages of this message_type')
    .option('--probability <share>', 'share of the messages to affect, as in 30%', parseProbabilityOption)
    .addOption(
      new Option('--by <time>', 'with delay: how long, as in 0.5s').argParser(parseTimeSpanOption).default(1, '1s'),
    )
    .examples(['messages n1 n2 drop --type gossip --probability 50% --for 30s'], ['messages n1 n2 delay --by 0.5s'])
    .runs(async () => (await import('./node-faults.ts')).runMessages),

  nodeFaultCommand('kill', 'end a node as a crash would')
    .description('Ends a node at once. devnet heal NODE starts it again and sends it its peers.')
    .faultOptions(NAME_OF_NODE_FAULT)
    .examples(['kill n3'], ['kill n3 --for 10s', 'and start it again']),

  nodeFaultCommand('stop', 'ask a node to end')
    .description('Asks a node to end. devnet heal NODE starts it again and sends it its peers.')
    .faultOptions(NAME_OF_NODE_FAULT)
    .examples(['stop n3']),

  nodeFaultCommand('pause', 'freeze a node')
    .description('Freezes a node: its connections stay open, and it does not answer on them.')
    .faultOptions(NAME_OF_NODE_FAULT)
    .examples(['pause n3 --for 5s']),

  nodeFaultCommand('unpause', 'let a paused node continue').networkOption().examples(['unpause n3']),

  nodeFaultCommand('restart', 'stop a node and start it again')
    .description('Asks a node to end, starts it again, and sends it its peers. The node is back when the command ends.')
    .networkOption()
    .examples(['restart n3']),

  nodeFaultCommand('squeeze', 'limit the processor time or memory of a node')
    .faultOptions(NAME_OF_NODE_FAULT)
    .option('--cpus <cores>', 'cores, as in 0.1', parseCoresOption)
    .option('--memory <bytes>', 'memory, as in 32m', parseMemoryOption)
    .examples(['squeeze n3 --cpus 0.1 --memory 32m']),

  new DevnetCommand('host')
    .summary('cut off, pause or kill a host of a swarm')
    .description(
      'Acts on the nodes that are on the host now: cut drops everything between them and those of other hosts, pause ' +
        'freezes them, and kill ends them as a power failure would. devnet heal HOST brings paused and killed ones back.',
    )
    .argument('<host>', 'name of the host, or NETWORK/HOST')
    .addArgument(new Argument('<action>', 'what to do to it').choices(HOST_ACTIONS))
    .faultOptions()
    .examples(['host worker-2 cut --for 30s'], ['host worker-2 kill'], ['heal worker-2'])
    .runs(async () => (await import('./node-faults.ts')).runHost),

  new DevnetCommand('heal')
    .summary('take faults back')
    .description(
      'Takes back the faults of these names, or what was done to these nodes or to those of a host. Without a name, everything: links have ' +
        'their declared conditions again, and every node runs with its declared limits and knows its peers.',
    )
    .argument('[fault-or-node...]', 'what to heal; the name of the network may come first (default: everything)')
    .networkOption()
    .examples(['heal', 'everything'], ['heal n3'], ['heal partition-3fa2'])
    .runs(async () => (await import('./heal.ts')).run),
];

function nodeFaultCommand(name: keyof typeof import('./node-faults.ts').nodeFaults, summary: string): DevnetCommand {
  return new DevnetCommand(name)
    .summary(summary)
    .argument('<node>', 'name of the node, or NETWORK/NODE')
    .runs(async () => (await import('./node-faults.ts')).nodeFaults[name]);
}
