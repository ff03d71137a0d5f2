import { DevnetCommand } from '../../input/devnet-command.ts';
import { parseListenAddressOption, parseTimeSpanOption } from '../../input/option-parsers.ts';

/** The commands that show what passes in a running network to other programs. */
export const observeCommands = (): DevnetCommand[] => [
  new DevnetCommand('capture')
    .summary('capture packets as pcapng, for Wireshark')
    .description(
      'Captures the packets of all nodes, of one node, or between two nodes, in the network of the bridge: nodes need ' +
        'no tool. Each packet is captured once, where its node sends it, before anything is lost, cut or delayed. The file has an ' +
        'interface for each node and the names of their addresses; docs/devnet.lua shows Wireshark the messages.',
    )
    .argument('[node...]', 'one node, or two for the packets between them; or NETWORK/NODE (default: all)')
    .networkOption()
    .option(
      '-w, --write <file>',
      'file to write, - for standard output (default: standard output, unless it is a terminal)',
    )
    .option('--for <time>', 'end after this long, as in 10s (default: at Ctrl-C)', parseTimeSpanOption)
    .option('--filter <expression>', 'only packets that match, as in man pcap-filter')
    .examples(
      ['capture -w all.pcapng --for 10s', 'all packets of the only network'],
      ['capture n1 n2 -w link.pcapng', 'what n1 and n2 send each other'],
      ['capture ring/n1 --filter "tcp[tcpflags] & tcp-rst != 0" -w resets.pcapng'],
      ['capture | wireshark -k -i - -X lua_script:docs/devnet.lua', 'live'],
    )
    .runs(async () => (await import('./capture.ts')).run),

  new DevnetCommand('metrics')
    .summary('metrics of a network, for Prometheus')
    .description(
      'Prints metrics in the text format of Prometheus: states of nodes and links, drift, round trips, faults in force, messages and ' +
        'bytes by type and link, queues, latencies of gossip, memory and processor time; and what nodes say at endpoints of their ' +
        'own, which the topology names. With --listen, serves them at /metrics until Ctrl-C.',
    )
    .argument('[network]', 'name of the network; needed only where several run')
    .networkOption()
    .option(
      '--listen <address>',
      'serve them here: a port of 127.0.0.1, or HOST:PORT; 0 takes a free port',
      parseListenAddressOption,
    )
    .examples(['metrics', 'print them once'], ['metrics ring --listen 9464', 'for examples/observability'])
    .runs(async () => (await import('./metrics.ts')).run),
];
