import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';

interface Links {
  /** How many lead to a file or a heading of the same folder. */
  readonly count: number;
  /** Those that lead nowhere, each with the page it is on. */
  readonly broken: readonly string[];
}

/** Follows the links of the pages in a folder, of its documentation and of its examples: to files, folders and headings in it. */
export async function followLinks(folder: string): Promise<Links> {
  const parts = await Promise.all(['docs', 'examples'].map((part) => listPages(folder, part, true)));
  const pages = [...(await listPages(folder, '.', false)), ...parts.flat()];
  let count = 0;
  const broken: string[] = [];
  for (const page of pages) {
    for (const [, link = ''] of (await readProse(join(folder, page))).matchAll(/\]\(((?!\w+:)[^)]+)\)/g)) {
      count++;
      if (!(await leadsSomewhere(folder, page, link))) broken.push(`${page}: ${link}`);
    }
  }
  return { count, broken };
}

async function listPages(folder: string, part: string, recursive: boolean): Promise<string[]> {
  const names = await readdir(join(folder, part), { recursive });
  return names.filter((name) => name.endsWith('.md')).map((name) => join(part, name));
}

async function leadsSomewhere(folder: string, page: string, link: string): Promise<boolean> {
  const [path = '', heading] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (target.split(sep)[0] === '..') return false;
  try {
    await access(join(folder, target));
  } catch {
    return false;
  }
  return heading === undefined || (await listAnchors(join(folder, target))).includes(heading);
}

/** What links to the headings of a page say after `#`: the text, with a number from the second of the same text on. */
async function listAnchors(page: string): Promise<string[]> {
  const seen = new Map<string, number>();
  return [...(await readProse(page)).matchAll(/^#+ (.*)$/gm)].map(([, text = '']) => {
    const anchor = text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
    const times = seen.get(anchor) ?? 0;
    seen.set(anchor, times + 1);
    return times === 0 ? anchor : `${anchor}-${times}`;
  });
}

/** A page without its blocks of code, in which `#` starts a comment. */
async function readProse(page: string): Promise<string> {
  return (await readFile(page, 'utf8')).replace(/^```.*?^```$/gms, '');
}
