import { DevnetCommand } from '../../input/devnet-command.ts';
import { parseCountOption, parseSecondsOption } from '../../input/option-parsers.ts';

/** The commands that run scenarios and experiments, and compare results. */
export const experimentCommands = (): DevnetCommand[] => [
  new DevnetCommand('run')
    .summary('run a scenario: timed faults, and what is expected meanwhile')
    .description(
      'Starts the topology unless it runs already, carries out the steps of the scenario at their times, and removes what it ' +
        'started. The file is a topology with a "scenario", or a scenario that names its topology. ' +
        'Exit status: 0 when every expectation was met, 1 when one was missed.',
    )
    .argument('<file>', 'file with a scenario, - for standard input')
    .engineOption()
    .option('--name <network>', 'name of the network, instead of the one in the topology')
    .option('--timeout <seconds>', 'time limit for nodes to listen and for links to be up', parseSecondsOption, 30)
    .option('--junit <file>', 'write a JUnit report: a test case per expectation, and an error if the run failed')
    .option('--json', 'the result as JSON')
    .option('--plan', 'only show what would be done, and when')
    .option('--keep', 'leave running what it started')
    .examples(
      ['run devnet/scenarios/partition.yaml'],
      ['run devnet/scenarios/partition.yaml --plan', 'the steps and their times'],
      ['run devnet/scenarios/partition.yaml --junit report.xml'],
      ['run devnet/scenarios/churn.yaml --engine process', 'without Docker'],
    )
    .runs(async () => (await import('./run.ts')).run),

  new DevnetCommand('experiment')
    .summary('run a series of networks, measure each, and report with intervals and pictures')
    .description(
      'Carries out the runs of an experiment file on one network, whose links change from run to run. The same command ' +
        'continues an interrupted experiment. With --engine process, the bundled nodes of each run are started inside this ' +
        'command, on loopback: no engine is needed. Exit status: 0 when every run was completed, 1 otherwise.',
    )
    .argument('<file>', 'experiment file, - for standard input')
    .engineOption()
    .option('--repeats <count>', 'runs of each cell with each seed, instead of those in the file', parseCountOption)
    .option('--dry-run', "list the runs, the graphs' metrics, and about how long they take; start nothing")
    .option('-o, --output <folder>', 'folder for the results (default: .devnet/experiments/NAME)')
    .option('--timeout <seconds>', 'time limit for nodes to listen and for links to be up', parseSecondsOption, 30)
    .option('--keep', 'leave the network running at the end')
    .option('--json', 'the result, or the runs of a dry run, as JSON')
    .examples(
      ['experiment devnet/experiments/rewiring.yaml --dry-run', 'runs and duration'],
      ['experiment devnet/experiments/rewiring.yaml -o results'],
      ['experiment devnet/experiments/rewiring.yaml -o results --repeats 4', 'adds to the runs that are there'],
      ['experiment devnet/experiments/crashes.yaml --engine process', 'without Docker'],
    )
    .runs(async () => (await import('./experiment.ts')).run),

  new DevnetCommand('compare')
    .summary('compare the results of two experiments')
    .description(
      'Shows what differs between two results, cell by cell, with 95 % intervals of the difference B - A. Where an interval ' +
        'contains 0, the difference may be chance. To compare two branches of a node, run the same file on each.',
    )
    .argument('<folder-a>', 'folder of results, as devnet experiment writes it')
    .argument('<folder-b>', 'another one')
    .option('--json', 'as JSON')
    .examples(['compare results-main results-branch'])
    .runs(async () => (await import('./compare.ts')).run),
];
