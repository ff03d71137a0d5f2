/** Formats a line of CSV (RFC 4180). */
export function formatCsvRow(cells: readonly string[]): string {
  return `${cells.map(quoteField).join(',')}\r\n`;
}

function quoteField(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
