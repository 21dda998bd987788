/** A path as superjson writes it in its notes: keys joined by dots, with dots and backslashes in them escaped. */
export function formatNotesPath(path: readonly (string | number)[]): string {
  return path.map((key) => (typeof key === 'number' ? key : escapeNotesKey(key))).join('.');
}

export function escapeNotesKey(key: string): string {
  return /[\\.]/.test(key) ? key.replace(/[\\.]/g, '\\$&') : key;
}

/** The keys of such a path. */
export function parseNotesPath(text: string): string[] {
  if (!text.includes('\\')) return text.split('.');
  const keys = [''];
  for (const [part, escaped] of text.matchAll(/\\(.)|[^\\]/gsu)) {
    if (part === '.') keys.push('');
    else keys.push(`${keys.pop()}${escaped ?? part}`);
  }
  return keys;
}
