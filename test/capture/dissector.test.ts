import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { spawnSync } from '../support/run-sync.ts';
import { pcapngFile, type Segment } from './packets.ts';

const isInstalled = spawnSync('tshark', ['--version']).status === 0;

const FIRST = { from: '10.64.0.2', to: '10.64.0.3' };

/** Returns segments that carry these texts, one after the other, on one connection. */
function connection(texts: readonly string[], ends: Partial<Segment> = {}): Segment[] {
  let sequence = 1;
  return texts.map((text) => {
    const segment = { ...FIRST, ...ends, sequence, text };
    sequence += Buffer.byteLength(text);
    return segment;
  });
}

describe.skipIf(!isInstalled)('the Wireshark dissector, in tshark (apt-get install tshark)', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'devnet-tshark-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Returns the columns of each packet that has a message: fields with several values are joined by commas. */
  function dissect(segments: readonly Segment[], columns: readonly string[]): string[][] {
    const file = join(folder, 'test.pcapng');
    writeFileSync(file, pcapngFile(segments));
    const args = ['-X', `lua_script:${join(root, 'docs/devnet.lua')}`, '-r', file, '-Y', 'devnet', '-T', 'fields'];
    const { stdout, stderr } = spawnSync('tshark', [...args, ...columns.flatMap((column) => ['-e', column])], {
      encoding: 'utf8',
      env: { ...process.env, HOME: folder },
    });
    expect(stderr.replace(/^Running as user.*\n?/gm, '')).toBe('');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split('\t'));
  }

  const MESSAGE = ['devnet.type', 'devnet.id', 'devnet.hops'];
  const gossip = '{"message_type":"gossip","payload":{"id":"news-1","hops":2,"data":"x"}}\n\n';

  it.each<[string, string[], string[][]]>([
    ['one message', [gossip], [['gossip', 'news-1', '2']]],
    ['no hops', ['{"message_type":"gossip","payload":{"id":"a"}}\n\n'], [['gossip', 'a', '0']]],
    ['two in one segment', [gossip + gossip], [['gossip,gossip', 'news-1,news-1', '2,2']]],
    [
      'one in three segments',
      [gossip.slice(0, 20), gossip.slice(20, 40), gossip.slice(40)],
      [['gossip', 'news-1', '2']],
    ],
    [
      'split between the newlines',
      [gossip.slice(0, -1), `\n${gossip}`],
      [
        ['gossip', 'news-1', '2'],
        ['gossip', 'news-1', '2'],
      ],
    ],
    ['an escaped brace in a string', ['{"message_type":"chat","payload":"}\\"}"}\n\n'], [['chat', '', '']]],
    [
      'pretty-printed, keys in another order',
      ['{\n  "payload": { "id": "z", "hops": 1 },\r\n  "message_type" : "gossip"\n}'],
      [['gossip', 'z', '1']],
    ],
    ['no delimiter', ['{"message_type":"ping"}{"message_type":"pong"}'], [['ping,pong', '', '']]],
    [
      'an id with an escape',
      ['{"message_type":"gossip","payload":{"id":"a\\"b\\u0041"}}\n\n'],
      [['gossip', 'a"bA', '0']],
    ],
  ])('shows %s', (_, texts, rows) => {
    expect(dissect(connection(texts), MESSAGE)).toEqual(rows);
  });

  it('shows a message of a megabyte, and the row of its packet', () => {
    const text = `{"message_type":"gossip","payload":{"id":"large","hops":1,"data":"${'x'.repeat(1_000_000)}"}}\n\n`;
    const pieces = Array.from({ length: 20 }, (_, index) => text.slice(index * 60_000, (index + 1) * 60_000));
    expect(dissect(connection(pieces), ['_ws.col.Protocol', '_ws.col.Info', 'devnet.length'])).toEqual([
      ['devnet', 'gossip id=large hops=1', String(text.length - 2)],
    ]);
  });

  it('goes on after what is no message', () => {
    const rows = dissect(connection(['hello\n\n', `{"message_type":\n\n${gossip}`]), [
      '_ws.col.Info',
      'devnet.malformed',
    ]);
    expect(rows).toEqual([
      ['not a message', 'hello'],
      ['not a message | gossip id=news-1 hops=2', '{"message_type":'],
    ]);
  });

  it('finds messages on any port, and leaves other protocols alone', () => {
    const other = { destinationPort: 4_000, sourcePort: 40_001 };
    expect(dissect(connection([gossip.slice(0, 30), gossip.slice(30)], other), MESSAGE)).toEqual([
      ['gossip', 'news-1', '2'],
    ]);
    expect(dissect(connection(['GET / HTTP/1.1\r\n\r\n'], other), MESSAGE)).toEqual([]);
  });

  it('has nodes by name, and their interfaces', () => {
    expect(dissect(connection([gossip]), ['frame.interface_name', 'ip.src_host', 'ip.dst_host'])).toEqual([
      ['n1', '10.64.0.2', '10.64.0.3'],
    ]);
  });
});
