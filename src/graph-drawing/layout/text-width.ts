/** Widths in DejaVu Sans, in thousandths of the size. Most fonts are narrower, so what fits by these fits in them, too. */
const CHARACTER_WIDTHS: Record<string, number> = {
  ...sameWidth(' .,:;|!ijl', 340),
  ...sameWidth('-()[]frt/', 400),
  ...sameWidth('cszJ1', 600),
  ...sameWidth('mM%@—', 1000),
  ...sameWidth('wW', 990),
};

function sameWidth(characters: string, width: number): Record<string, number> {
  return Object.fromEntries([...characters].map((character) => [character, width]));
}

/** How wide a text is in print, or rather: how wide at most. */
export function textWidth(text: string, size: number): number {
  let width = 0;
  for (const character of text)
    width += CHARACTER_WIDTHS[character] ?? (character > '\u2e80' ? 1000 : character < 'a' ? 690 : 640);
  return (width * size) / 1000;
}

/** A long name with its middle left out. */
export function truncateMiddle(name: string, most = 24): string {
  const characters = [...name];
  if (characters.length <= most) return name;
  const tail = Math.floor((most - 1) / 3);
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(-tail).join('')}`;
}
