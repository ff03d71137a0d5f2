import { DevnetCommand } from '../../input/devnet-command.ts';
import { parseWholeNumberOption } from '../../input/option-parsers.ts';

const PORT = 'port on loopback (default: any that is free)';

/** The commands that show networks in a browser. */
export const pageCommands = (): DevnetCommand[] => [
  new DevnetCommand('ui')
    .summary('show a network in the browser: look at it, and break it')
    .description(
      'Serves a page on this machine until Ctrl-C: the graph with the state of every node and link, gossip as it travels, the ' +
        'merged log, a timeline, and faults at the click of a button. Prints its address, which has a token in it. From ' +
        'another machine: ssh -L PORT:127.0.0.1:PORT HOST, with --port.',
    )
    .argument('[network]', 'name of the network; needed only where several run')
    .networkOption()
    .option('--port <port>', PORT, parseWholeNumberOption)
    .examples(['ui'], ['ui ring --port 8080', 'at a port that ssh can forward'])
    .runs(async () => (await import('./ui.ts')).run),

  new DevnetCommand('replay')
    .summary('show a finished run in the browser')
    .description(
      'Serves the page of devnet ui over a recording, at its first failure: any moment of it can be looked at. With --html, ' +
        'writes it as one file instead, which needs no server.',
    )
    .argument('<folder>', 'a recording, a folder of artifacts, or the name of a network that was up here')
    .option('--html <file>', 'write the page into this file')
    .option('--port <port>', PORT, parseWholeNumberOption)
    .examples(
      ['replay ring', 'the last run of that name in this folder'],
      ['replay .devnet/ring/dump-2026-01-31T12-00-00-000Z --html run.html'],
    )
    .runs(async () => (await import('./replay.ts')).run),
];
