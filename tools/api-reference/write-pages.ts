import type { ApiName, EntryPoint } from './read-api.js';

/** The pages of the reference, by their file names: one for each entry point, and one that leads to them. */
export function writePages(entryPoints: readonly EntryPoint[]): Readonly<Record<string, string>> {
  const pages = entryPoints.map((entryPoint) => [fileOf(entryPoint.paths[0]), writePage(entryPoint)]);
  return { 'index.md': writeIndex(entryPoints), ...Object.fromEntries(pages) };
}

function writeIndex(entryPoints: readonly EntryPoint[]): string {
  const rows = entryPoints.map(({ paths, names }) => {
    const [path = ''] = paths;
    const links = names.map(({ name, home }) => `[${name}](${fileOf(home)}#${name.toLowerCase()})`);
    return `## ${quote(paths)}\n\n[All of it on one page](${fileOf(path)}): ${links.join(' · ')}\n`;
  });
  return `# API reference\n\n${notice}\n\n${rows.join('\n')}`;
}

function writePage({ paths, names }: EntryPoint): string {
  const [path = ''] = paths;
  const others = names.filter(({ home }) => home !== path);
  const links = others.map(({ name, home }) => `[${name}](${fileOf(home)}#${name.toLowerCase()})`);
  const parts = [
    `# ${quote(paths)}`,
    notice,
    ...(links.length > 0 ? [`It also exports ${links.join(', ')}.`] : []),
    ...names.filter(({ home }) => home === path).map(writeName),
  ];
  return `${parts.join('\n\n')}\n`;
}

const notice =
  'Made by `npm run docs:api` of the comments in the source. What it is all for, the [README](../../README.md) says.';

function writeName({ name, description, declaration, throws, examples }: ApiName): string {
  const parts = [
    `## ${name}`,
    ...(description === '' ? [] : [description]),
    ...throws.map((text) => `Throws ${text}`),
    fence(declaration),
    ...examples.map((example) => `For example:\n\n${fence(example)}`),
  ];
  return parts.join('\n\n');
}

function fence(code: string): string {
  return `\`\`\`ts\n${code}\n\`\`\``;
}

function quote(paths: readonly string[]): string {
  return paths.map((path) => `\`${path}\``).join(', ');
}

/** `@looopy-ai/aws/stores/redis` is in `stores-redis.md`, and `@looopy-ai/aws` in `main.md`. */
function fileOf(path = ''): string {
  const [, , ...rest] = path.split('/');
  return `${rest.join('-') || 'main'}.md`;
}
