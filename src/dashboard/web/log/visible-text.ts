/** Control characters, and those that turn the direction of text around. */
const INVISIBLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Returns text of a node with everything that could hide or disguise a part of it written out: `\x1b`, `\u202e`. */
export function toVisibleText(text: string, maxLength: number): string {
  const shown = text.length > maxLength ? text.slice(0, maxLength) : text;
  const visible = shown.replace(INVISIBLE, (character) => {
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
  return text.length > maxLength ? `${visible} … (${text.length.toLocaleString('en')} characters)` : visible;
}
