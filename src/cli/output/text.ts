/** Text that only prints: what a session holds must not be able to command the terminal. */
export function toPrintable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, '�');
}

/** The same, for one cell of a table. */
export function toCell(text: string): string {
  return toPrintable(text).replace(/\s+/g, ' ');
}

/** Rows under their headers, each column as wide as its widest cell. */
export function formatTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [headers, ...rows].map((cells) => cells.map(toCell));
  const widths = headers.map((_, column) => Math.max(...lines.map((cells) => String(cells[column]).length)));
  return lines
    .map((cells) => cells.map((cell, column) => cell.padEnd(Number(widths[column]))).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Names and values, one a line; without those that have no value. */
export function formatFields(fields: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value]],
  );
  const width = Math.max(...given.map(([name = '']) => name.length));
  return given.map(([name = '', value = '']) => `${name.padEnd(width)}  ${toCell(value)}`).join('\n');
}

export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function formatCount(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
