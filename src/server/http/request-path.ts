const plainPath = /^\/[\w/-]*$/;

/**
 * The path of a request as routes are written: without the host that a proxy may name, without the query, and without
 * escapes that nothing needs, so that `/%70ing` is `/ping`.
 */
export function readPath(url: string): string {
  if (plainPath.test(url)) return url;
  const path = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  if (!path.startsWith('/')) return path;
  try {
    return decodeURI(new URL(`http://localhost${path}`).pathname);
  } catch {
    return path; // An escape that stands for no text.
  }
}
