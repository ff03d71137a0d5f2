import { DevnetCommand } from '../../input/devnet-command.ts';
import {
  collectValues,
  parseCountOption,
  parseSecondsOption,
  parseWholeNumberOption,
} from '../../input/option-parsers.ts';

export const specCommand = (): DevnetCommand =>
  new DevnetCommand('spec')
    .summary('check a node, in any language, against the protocol')
    .description(
      'Tests a node against every rule of the protocol. Name the node by address, by --node or by --image; without any, the ' +
        'bundled node is tested. Cases and sections are chosen by their numbers: 4.7, 1. Several nodes are tested in turn: ' +
        '--node, --image and --beside may be repeated. Exit status: 0 when nothing failed, 1 when something did, 2 when a ' +
        'node could not be reached.',
    )
    .argument('[target...]', 'HOST:PORT of nodes, and numbers of cases or sections')
    .option('--image <image>', 'start this image on a network of its own, and remove it afterwards', collectValues)
    .option('--node <node>', 'a running node: NODE, or NETWORK/NODE where several networks run', collectValues)
    .option('--port <port>', 'port that an --image listens on', parseWholeNumberOption, 3000)
    .option('--list', 'list the cases and their rules')
    .option('--strict', 'count a missed SHOULD as failed')
    .option('--slow', 'also run cases that take minutes')
    .option('--timeout <seconds>', 'time limit for each reply', parseSecondsOption)
    .option(
      '--parallel <cases>',
      'cases that run at the same time; 1 for a node that cannot take several connections. A node that serves few ' +
        'connections at a time is recognized, and tested case by case',
      parseCountOption,
      6,
    )
    .option('--json', 'the results as JSON')
    .option('--tap', 'the results as TAP')
    .option('--junit <file>', 'write a JUnit report')
    .option('--html <file>', 'write a page that shows the nodes side by side')
    .option('--beside <file>', 'earlier --json report to show in --html as well, - for standard input', collectValues)
    .examples(
      ['spec 127.0.0.1:3000', 'every case, against a node that listens there'],
      ['spec 127.0.0.1:3000 1 4.7', 'section 1 and case 4.7'],
      ['spec --image my-node --junit report.xml'],
      ['spec --node ring/n3 --html spec.html'],
    )
    .runs(async () => (await import('./spec.ts')).run);
