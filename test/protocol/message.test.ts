import { expect, test } from 'vitest';
import { createErrorMessage, encode, encodeText } from '../../src/protocol/index.ts';

test.each([
  [{ message_type: 'ping' }, '{"message_type":"ping"}\n\n'],
  [{ message_type: 'ping', payload: undefined }, '{"message_type":"ping"}\n\n'],
  [{ message_type: 'ping', payload: null }, '{"message_type":"ping","payload":null}\n\n'],
  [{ message_type: 'echo', payload: 'a\n\nbé' }, '{"message_type":"echo","payload":"a\\n\\nbé"}\n\n'],
  [{ message_type: 'echo', payload: '\ud800' }, '{"message_type":"echo","payload":"\\ud800"}\n\n'],
  [{ payload: 1, message_type: 'a', more: true }, '{"message_type":"a","payload":1}\n\n'],
  [createErrorMessage('too_deep', 'why'), '{"message_type":"error","payload":{"code":"too_deep","message":"why"}}\n\n'],
])('encodes %j', (message, text) => {
  expect(encodeText(message)).toBe(text);
  expect(encode(message)).toEqual(Buffer.from(text));
});
