/** Widths in DejaVu Sans, in thousandths of the font size. Most fonts are narrower, so that text fits in them, too. */
const CHARACTER_WIDTHS: Record<string, number> = Object.fromEntries(
  Object.entries({ ' .,:;|!ijl': 340, '-()[]frt/': 400, cszJ1: 600, 'mM%@—': 1000, wW: 990 }).flatMap(
    ([characters, width]) => [...characters].map((character) => [character, width]),
  ),
);

/** Estimates the greatest width of a text in print. */
export function textWidth(text: string, fontSize: number): number {
  let width = 0;
  for (const character of text)
    width += CHARACTER_WIDTHS[character] ?? (character > '\u2e80' ? 1000 : character < 'a' ? 690 : 640);
  return (width * fontSize) / 1000;
}

/** Shortens a name to `maxCharacters` by leaving out its middle. */
export function truncateMiddle(name: string, maxCharacters = 24): string {
  const characters = [...name];
  if (characters.length <= maxCharacters) return name;
  const tail = Math.floor((maxCharacters - 1) / 3);
  return `${characters.slice(0, maxCharacters - 1 - tail).join('')}…${characters.slice(-tail).join('')}`;
}
