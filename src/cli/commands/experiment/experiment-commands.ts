import { DevnetCommand } from '../../input/devnet-command.ts';
import { collectValues, parseCountOption, parseSecondsOption } from '../../input/option-parsers.ts';

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
    .engineOption('all')
    .option('--name <network>', 'name of the network, instead of the one in the topology')
    .option(
      '--timeout <seconds>',
      'time without progress after which nodes that do not listen and links that are not up are a failure',
      parseSecondsOption,
      30,
    )
    .option('--junit <file>', 'write a JUnit report: a test case per expectation, and an error if the run failed')
    .option('--json', 'the result as JSON')
    .option('--plan', 'only show what would be done, and when')
    .option('--keep', 'leave running what it started')
    .option('--no-record', 'write no recording of what happens')
    .option('--ui', 'show it in the browser as well, until Ctrl-C, as devnet ui does')
    .otlpOption()
    .option('--html <file>', 'write it as a page, to be looked at without devnet: the graph, the log and the timeline')
    .examples(
      ['run devnet/scenarios/partition.yaml'],
      ['run devnet/scenarios/partition.yaml --plan', 'the steps and their times'],
      ['run devnet/scenarios/partition.yaml --junit report.xml'],
      ['run devnet/scenarios/churn.yaml --engine namespaces', 'without Docker'],
      ['run devnet/scenarios/churn.yaml --engine all', 'on every runtime, verdicts and timings side by side'],
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
    .option(
      '--timeout <seconds>',
      'time without progress after which nodes that do not listen and links that are not up are a failure',
      parseSecondsOption,
      30,
    )
    .option('--keep', 'leave the network running at the end')
    .option(
      '--record',
      'record what happens in each run, below recordings/ in the folder; takes processor time from the runs',
    )
    .otlpOption()
    .option('--json', 'the result, or the runs of a dry run, as JSON')
    .examples(
      ['experiment devnet/experiments/rewiring.yaml --dry-run', 'runs and duration'],
      ['experiment devnet/experiments/rewiring.yaml -o results'],
      ['experiment devnet/experiments/rewiring.yaml -o results --repeats 4', 'adds to the runs that are there'],
      ['experiment devnet/experiments/crashes.yaml --engine process', 'without Docker'],
    )
    .runs(async () => (await import('./experiment.ts')).run)
    // A second place for it, where those look who have just run an experiment.
    .addCommand(compareCommand(), { hidden: true })
    .usage('[options] <file>'),

  compareCommand(),
];

const compareCommand = (): DevnetCommand =>
  new DevnetCommand('compare')
    .summary('compare the results of two experiments, or the cells of one')
    .description(
      'Shows what differs, with 95 % intervals of the difference B - A. With two folders it compares them cell by cell: to ' +
        'compare two branches of a node, run the same file on each. With one folder it compares cells of it: those that --cell ' +
        'chooses, or all that differ in one parameter. A difference counts if chance alone would hardly make it, corrected for ' +
        'the number of comparisons.',
    )
    .argument('<folder-a>', 'folder of results, as devnet experiment writes it')
    .argument('[folder-b]', 'another one')
    .option('--cell <parameters>', 'cells of one folder, as in "shape=ring"; give it twice or more', collectValues)
    .option('--measure <metric>', 'compare only in these metrics, as in t99,hops (repeatable)', collectValues)
    .option('--json', 'as JSON')
    .examples(
      ['compare results-main results-branch'],
      ['compare results --cell shape=ring --cell shape=torus', 'two shapes, all else equal'],
      ['compare results --measure t99', 'all cells that differ in one parameter'],
    )
    .runs(async () => (await import('./compare.ts')).run);
