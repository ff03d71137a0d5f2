import { Argument, Command } from 'commander';
import { parseProbabilityOption, parseTimeSpanOption } from '../../input/option-parsers.ts';
import { addFaultOptions, type FaultOptions, runFaultCommand } from './fault-command.ts';

const MESSAGE_ACTIONS = ['drop', 'delay', 'duplicate', 'reorder', 'corrupt'] as const;

interface Options extends FaultOptions {
  type?: string;
  probability?: number;
  by?: number;
}

export const messagesCommand = (): Command =>
  addFaultOptions(
    new Command('messages')
      .summary('drop, delay, double, reorder or corrupt messages on a link')
      .description(
        'Hits only messages that one node sends to another, of one type or of any. The nodes do not see by whom.',
      )
      .argument('<from>', 'name of the node that sends')
      .argument('<to>', 'name of the node that would receive')
      .addArgument(new Argument('<action>', 'what happens to them').choices(MESSAGE_ACTIONS))
      .option('--type <type>', 'only messages of this message_type')
      .option('--probability <chance>', 'chance of each to be hit, as in 30%', parseProbabilityOption)
      .option('--by <time>', 'of delay: by how much, as in 0.5s', parseTimeSpanOption, 1),
  )
    .addHelpText('after', '\nExample:\n  devnet messages n1 n2 drop --type gossip --probability 50% --for 30s')
    .action(
      (
        from: string,
        to: string,
        action: (typeof MESSAGE_ACTIONS)[number],
        { type, probability, by = 1, ...options }: Options,
      ) =>
        runFaultCommand(options, () => ({
          kind: 'messages',
          from,
          to,
          action,
          ...(type === undefined ? {} : { type }),
          ...(probability === undefined ? {} : { probability }),
          ...(action === 'delay' ? { delay: by * 1_000 } : {}),
        })),
    );
