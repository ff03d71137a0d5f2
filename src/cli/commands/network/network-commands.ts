import { Option } from 'commander';
import { LEVELS } from '../../../network/log-entry.ts';
import { DevnetCommand } from '../../input/devnet-command.ts';
import { parseLogTime } from '../../input/log-time.ts';
import {
  collectValues,
  parseMillisecondsOption,
  parsePatternOption,
  parseSecondsOption,
  parseTimeSpanOption,
  parseWholeNumberOption,
} from '../../input/option-parsers.ts';

const NETWORK = 'name of the network; needed only where several run';
const NODE = 'name of the node, or NETWORK/NODE';

/** The commands that start, inspect and end networks. */
export const networkCommands = (): DevnetCommand[] => [
  new DevnetCommand('up')
    .summary('start a network, verify it, show its log; Ctrl-C removes it')
    .description(
      'Starts one container per node, sends each node its peers, and asks all nodes until the graph is the declared one. ' +
        'Then shows the merged log until Ctrl-C, which removes the network. Where a network of that name runs, only the ' +
        'difference is applied. With --engine swarm, the nodes are spread over the hosts of a Docker Swarm whose manager is the engine. With --engine namespaces, each node is a program in a network namespace of its own: no engine ' +
        'is needed. With --engine process, the bundled nodes run inside this command, on loopback, and end with it.',
    )
    .argument(
      '[file]',
      'topology file, - for standard input (default: devnet/default.yaml, or the one shipped with devnet)',
    )
    .engineOption()
    .option('-d, --detach', 'return once the network is verified, and leave it running')
    .option('--name <network>', 'name of the network, instead of the one in the file')
    .option(
      '--timeout <seconds>',
      'time without progress after which nodes that do not listen and links that are not up are a failure',
      parseSecondsOption,
      30,
    )
    .option('--keep', 'keep what was started if it fails, for inspection')
    .option('--dump', 'write a dump, as devnet dump does, if it fails and before Ctrl-C removes the network')
    .option('--no-record', 'write no recording of what happens')
    .option('--ui', 'show it in the browser as well, as devnet ui does')
    .otlpOption()
    .option('--json', 'the log as JSON; with --detach, the result')
    .examples(
      ['up', 'the default topology; Ctrl-C removes it'],
      ['up devnet/ring.yaml -d', 'leave it running'],
      ['up devnet/ring.yaml --name other', 'a second network from the same file'],
      ['up devnet/regions.yaml --engine namespaces', 'without Docker'],
      ['up devnet/ring.yaml --engine swarm -d', 'over the hosts of a Docker Swarm'],
      ['up devnet/ring.yaml --engine process', 'in one process'],
      ['up devnet/ring.yaml --engine process --dump', 'write everything known about it at the end'],
    )
    .runs(async () => (await import('./up.ts')).run),

  new DevnetCommand('plan')
    .summary('show what up would do, and what would make it fail')
    .description(
      "Shows the graph's metrics, the steps that up would take now, and checks of the engine and this machine. " +
        'Changes nothing. Exit status 1 when up would fail.',
    )
    .argument('[file]', 'topology file, - for standard input (default: as for up)')
    .addOption(
      new Option(
        '--engine <engine>',
        'check this: an engine, or the hosts of a swarm (default: that of the file)',
      ).choices(['containers', 'swarm']),
    )
    .option('--name <network>', 'name of the network, instead of the one in the file')
    .option('--json', 'as JSON')
    .examples(['plan devnet/ring.yaml'], ['plan devnet/ring.yaml --engine swarm', 'the hosts, and the nodes of each'])
    .runs(async () => (await import('./plan.ts')).run),

  new DevnetCommand('down')
    .summary('remove a network')
    .description(
      'Removes the containers and the network, which are found by their labels: no file is needed, and a network that is ' +
        'only half there is removed as well.',
    )
    .argument('[network]', NETWORK)
    .networkOption()
    .option('--all', 'every network')
    .option('--older-than <time>', 'every network older than this, as in 30m, 2h, 1d', parseTimeSpanOption)
    .option('--json', 'what was removed, as JSON')
    .examples(['down', 'the only network'], ['down ring'], ['down --older-than 2h', 'what a test run left behind'])
    .runs(async () => (await import('./down.ts')).run),

  new DevnetCommand('ls')
    .summary('list the networks that run')
    .description(
      'Lists every network, on the engine and in processes of yours, also those of which only parts are left.',
    )
    .option('--nodes', 'list the names of the nodes instead, one per line')
    .option('--json', 'as JSON')
    .examples(['ls'], ['ls --json'])
    .runs(async () => (await import('./ls.ts')).run),

  new DevnetCommand('status')
    .alias('ps')
    .summary('nodes, links and drift of a network')
    .description(
      'Asks the engine and every node for their state. Of more than 40 nodes, those are listed where something is wrong. ' +
        'Exit status 1 when the graph is not the declared one.',
    )
    .argument('[network]', NETWORK)
    .networkOption()
    .option('--all', 'list every node and link, however many there are')
    .option('--node <node...>', 'list only these nodes, and the links from and to them')
    .option('--json', 'as JSON')
    .examples(['status'], ['status ring --json'], ['status --node n1 n2'])
    .runs(async () => (await import('./status.ts')).run),

  new DevnetCommand('logs')
    .summary('merged log of a network')
    .description("Prints the nodes' logs as one, ordered by the times in the lines themselves.")
    .argument(
      '[node|devnet...]',
      "only these nodes and the faults that concern them, or devnet's own lines; the name of the network may come first",
    )
    .networkOption()
    .option('-f, --follow', 'keep printing new lines')
    .option(
      '--since <time>',
      'start here: 10m for ten minutes ago, 2026-01-31T12:00:00Z, or Unix seconds, as for docker logs',
      parseLogTime,
    )
    .option('--until <time>', 'end here: the same forms; with -f, wait until then', parseLogTime)
    .option('-n, --tail <lines>', 'only the last lines of each node', parseWholeNumberOption)
    .option(
      '--window <time>',
      'with -f, how long a line waits for an earlier one, as in 2s (default: up to 300ms, as late as lines come)',
      parseMillisecondsOption,
    )
    .addOption(new Option('--level <level>', 'only this level and more severe ones').choices(LEVELS as string[]))
    .option('--event <event>', 'only this event; may be repeated', collectValues)
    .option('--grep <pattern>', 'only lines that match this regular expression', parsePatternOption)
    .option('--file', 'read the files that up wrote in this folder, also after the network is gone')
    .option('--relative', 'print times as seconds since the first line')
    .option('--no-fold', 'print repeated lines one by one')
    .option('--json', 'one JSON object per line')
    .examples(
      ['logs -f', 'follow the log of the only network'],
      ['logs ring n1 n2 --since 10m', 'two nodes, and the faults on their links'],
      ['logs devnet', 'only what devnet itself logged: faults, link conditions'],
      ['logs --event gossip_received --json'],
      ['logs ring --file', 'after the network is gone'],
    )
    .runs(async () => (await import('./logs.ts')).run),

  new DevnetCommand('record')
    .summary('record what happens to a network that runs')
    .description(
      'Writes everything that happens from now on into a new folder below .devnet/NAME/recordings: the topology, the states of ' +
        'nodes and links, faults, and the merged log. up without -d and run do so by themselves. Ends at Ctrl-C, or when the ' +
        'network is removed.',
    )
    .argument('[network]', NETWORK)
    .networkOption()
    .option('--for <time>', 'end after this time, as in 90s, 10m or 1h', parseTimeSpanOption)
    .examples(['record'], ['record ring --for 10m'])
    .runs(async () => (await import('./record.ts')).run),

  new DevnetCommand('send')
    .summary('send one message to a node and print its reply')
    .description(
      'Sends {"message_type": TYPE, "payload": PAYLOAD} and prints the reply as JSON. PAYLOAD is JSON; anything that is ' +
        'not JSON is sent as a string, so that addresses need no second pair of quotes.',
    )
    .argument('<node>', NODE)
    .argument('<type>', 'message type: ping, get_peers, get_status, gossip, …')
    .argument('[payload]', 'payload, - for standard input')
    .networkOption()
    .option('--timeout <seconds>', 'time limit for the reply', parseSecondsOption, 2)
    .option('--json', 'the reply on one line')
    .examples(
      ['send n1 ping hello'],
      ['send n1 get_peers'],
      [`send n1 gossip '{"id": "news-1", "data": "good morning"}'`],
    )
    .runs(async () => (await import('./send.ts')).run),

  new DevnetCommand('exec')
    .summary('run a command in the container or namespaces of a node')
    .description(
      'Runs a command in the container or namespaces of a node and exits with its status, as docker exec does. The bundled image has no shell.',
    )
    .argument('<node>', NODE)
    .argument('<command...>', 'the command, after --')
    .networkOption()
    .option('-i, --interactive', 'pass standard input to the command')
    .option('-t, --tty', 'run the command in a terminal')
    .examples(
      ['exec n1 -- node -p "os.networkInterfaces()"'],
      ['exec -it n1 -- node', 'an interactive session'],
      ['exec -i n1 -- node - < check.js', 'a program from standard input'],
    )
    .runs(async () => (await import('./exec.ts')).run),

  new DevnetCommand('top')
    .summary('memory, processor time and traffic of each node')
    .description('Shows what each node uses: refreshed every second on a terminal, once elsewhere.')
    .argument('[network]', NETWORK)
    .networkOption()
    .option('--once', 'print it once')
    .option('--json', 'once, as JSON')
    .examples(['top'], ['top ring --json'])
    .runs(async () => (await import('./top.ts')).run),

  new DevnetCommand('measure')
    .summary('measure every link and compare it with its configured conditions')
    .description(
      'Pings over every link, transfers bytes where a rate is configured, and counts packets where a loss is. Marks a ' +
        'round trip that is off by more than 1 ms and 5 %, a rate that is off by more than 5 %, and a loss outside the 95 % ' +
        'interval of the count. Exit status 1 when something is marked.',
    )
    .argument('[network]', NETWORK)
    .networkOption()
    .option('--pings <count>', 'round trips per direction', parseWholeNumberOption, 100)
    .option('--datagrams <count>', 'packets per direction with a loss', parseWholeNumberOption, 2_000)
    .option('--json', 'as JSON')
    .examples(['measure'], ['measure ring --pings 1000'])
    .runs(async () => (await import('./measure.ts')).run),

  new DevnetCommand('dump')
    .summary('write everything known about a network into a folder')
    .description(
      'For later inspection, or to share: the topology, the plan, the status, the graph as declared and as it is, ' +
        "the merged log and each node's own, the link conditions with the kernel's rules, and versions.",
    )
    .argument('[network]', NETWORK)
    .networkOption()
    .option('-o, --output <folder>', 'folder to write (default: .devnet/NAME/dump-TIME)')
    .option('--secrets', "write the values of nodes' environment variables, which are hidden otherwise")
    .examples(['dump'], ['dump ring -o evidence'])
    .runs(async () => (await import('./dump.ts')).run),
];
