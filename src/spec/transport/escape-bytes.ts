const NAMED_ESCAPES: Record<number, string> = { 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

/** Formats bytes as text: printable ASCII as it is, everything else as `\n`, `\r`, `\t`, `\\` or `\xNN`. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    text +=
      NAMED_ESCAPES[byte] ?? (isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
  }
  return text;
}

/** Formats bytes as {@link escapeBytes} does, without the middle of more than `maxBytes`. */
export function escapeExcerpt(bytes: Uint8Array, maxBytes = 4_096): string {
  if (bytes.length <= maxBytes) return escapeBytes(bytes);
  const tail = Math.floor(maxBytes / 4);
  return `${escapeBytes(bytes.subarray(0, maxBytes - tail))} ... ${escapeBytes(bytes.subarray(-tail))}`;
}
