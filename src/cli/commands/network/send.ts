import { Command } from 'commander';
import { sendMessage } from '../../../controller/peers/send-message.ts';
import { findDevnet } from '../../../controller/state/network-state.ts';
import { connectEngine } from '../../../engine/engine.ts';
import { hasNoReply } from '../../../network/peer-control/node-client.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { parseSecondsOption } from '../../input/option-parsers.ts';

export const sendCommand = (): Command =>
  new Command('send')
    .summary('send one message to a node and print its reply')
    .description(
      'Sends {"message_type": TYPE, "payload": PAYLOAD} and prints the reply as JSON. PAYLOAD is JSON; what is not JSON is\n' +
        'sent as a string, so that addresses need no second pair of quotes.',
    )
    .argument('<node>', 'name of the node')
    .argument('<type>', 'message type: ping, get_peers, get_status, gossip, …')
    .argument('[payload]', 'payload')
    .option('--name <name>', 'name of the devnet; without it, the only one there is')
    .option('--timeout <seconds>', 'how long to wait for the reply', parseSecondsOption, 2)
    .option('--json', 'the reply on one line')
    .addHelpText(
      'after',
      `
Examples:
  devnet send n1 ping hello
  devnet send n1 get_peers
  devnet send n1 gossip '{"id": "news-1", "data": "good morning"}'`,
    )
    .action(run);

interface Options {
  name?: string;
  timeout: number;
  json?: true;
}

async function run(node: string, type: string, payload: string | undefined, options: Options): Promise<void> {
  const engine = await connectEngine();
  const devnet = await findDevnet(engine, options.name);
  const message = { message_type: type, ...(payload === undefined ? {} : { payload: parsePayload(payload) }) };
  const reply = await sendMessage(engine, devnet, node, message, options.timeout * 1000);
  if (reply === undefined) {
    process.stderr.write(
      hasNoReply(type)
        ? `sent to ${node}; a ${type} has no reply\n`
        : `${node} took the message and did not reply within ${options.timeout} s\n`,
    );
    return;
  }
  process.stdout.write(`${options.json ? JSON.stringify(reply) : JSON.stringify(reply, null, 2)}\n`);
  if (reply.message_type !== 'error') return;
  throw new DevnetError('usage', `${node} refused the message`, { hint: 'docs/protocol.md lists the message types' });
}

function parsePayload(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (cause) {
    // What begins like JSON was meant to be JSON.
    if (!/^\s*[[{"]/.test(payload)) return payload;
    throw new DevnetError('usage', `the payload is not JSON: ${(cause as Error).message}\n  ${payload}`, {
      hint: `quote it for the shell: '{"id": "news-1"}'`,
    });
  }
}
