/** Widths in DejaVu Sans, in thousandths of the size. Most fonts are narrower, so what fits by these fits in them, too. */
const WIDTHS: Record<string, number> = {
  ...each(' .,:;|!ijl', 340),
  ...each('-()[]frt/', 400),
  ...each('cszJ1', 600),
  ...each('mM%@—', 1000),
  ...each('wW', 990),
};

function each(characters: string, width: number): Record<string, number> {
  return Object.fromEntries([...characters].map((character) => [character, width]));
}

/** How wide a text is in print, or rather: how wide at most. */
export function widthOf(text: string, size: number): number {
  let width = 0;
  for (const character of text)
    width += WIDTHS[character] ?? (character > '\u2e80' ? 1000 : character < 'a' ? 690 : 640);
  return (width * size) / 1000;
}

/** A long name with its middle left out. */
export function shorten(name: string, most = 24): string {
  const characters = [...name];
  if (characters.length <= most) return name;
  const tail = Math.floor((most - 1) / 3);
  return `${characters.slice(0, most - 1 - tail).join('')}…${characters.slice(-tail).join('')}`;
}
