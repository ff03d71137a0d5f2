const NAMED_ESCAPES: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

/** Bytes as text that shows each of them: printable ASCII as it is, the rest as `\n`, `\r`, `\t`, `\\` or `\xNN`. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte === 92) text += NAMED_ESCAPES[byte];
    else if (byte >= 0x20 && byte < 0x7f) text += String.fromCharCode(byte);
    else text += NAMED_ESCAPES[byte] ?? `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text;
}

/** The same for bytes of any length: the middle of what is longer than `most` is left out. */
export function escapeExcerpt(bytes: Uint8Array, most = 160): string {
  if (bytes.length <= most) return escapeBytes(bytes);
  const tail = Math.floor(most / 4);
  return `${escapeBytes(bytes.subarray(0, most - tail))} ... ${escapeBytes(bytes.subarray(-tail))}`;
}
