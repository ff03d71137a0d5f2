import { hasNoReply } from '../../../network/peer-control/node-client.ts';
import { sendMessage } from '../../../network/send-message.ts';
import { attachNetwork } from '../../../runtimes/find-networks.ts';
import { DevnetError } from '../../../shared/errors.ts';
import { readTextFile, STANDARD_INPUT } from '../../../shared/files/text-file.ts';
import { selectNodes } from '../../input/select-network.ts';

interface Options {
  name?: string;
  /** Seconds. */
  timeout: number;
  json?: true;
}

export async function run(target: string, type: string, payload: string | undefined, options: Options): Promise<void> {
  const { name, words } = selectNodes([target], options.name);
  const node = words[0] as string;
  const text =
    payload === STANDARD_INPUT
      ? await readTextFile(payload, 'payload', `devnet send ${target} ${type} PAYLOAD`)
      : payload;
  const message = { message_type: type, ...(text === undefined ? {} : { payload: parsePayload(text) }) };
  const network = await attachNetwork(name);
  const reply = await sendMessage(network, node, message, options.timeout * 1000);
  network.close();
  if (reply === undefined) {
    process.stderr.write(
      hasNoReply(type)
        ? `sent to ${node}; a ${type} message has no reply\n`
        : `${node} received the message and did not reply within ${options.timeout} s\n`,
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
    // Text that starts like JSON was meant to be JSON.
    if (!/^\s*[[{"]/.test(payload)) return payload;
    throw new DevnetError('usage', `the payload is not JSON: ${(cause as Error).message}\n  ${payload}`, {
      hint: `quote it for the shell: '{"id": "news-1"}'`,
    });
  }
}
