import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript-5.9';
import { describe, expect, it } from 'vitest';

/** Every sentence in the source of the stores and the server that a user may get to read, with `…` for what differs. */
function listMessages(): string[] {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
    // What the command line says is one line that says what to do.
    (file) => file.endsWith('.ts') && !/^(testing|cli)\b/.test(file),
  );
  const messages = files.flatMap((file) => {
    const source = ts.createSourceFile(file, readFileSync(join('src', file), 'utf8'), ts.ScriptTarget.Latest);
    return listTexts(source).filter((text) => /^[A-Z…].* .*(\.|\. …)$/.test(text));
  });
  // What is wrong with a stored value is the cause of one message, which says how to go on.
  return messages.filter(
    (text) =>
      !/\b(stored|notes?)\b/.test(text) || /^(What is stored under|A state is)|this session/.test(text),
  );
}

function listTexts(node: ts.Node): string[] {
  const children: string[] = [];
  ts.forEachChild(node, (child) => {
    children.push(...listTexts(child));
  });
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (!ts.isTemplateExpression(node)) return children;
  return [...children, node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('')];
}

describe('the page about troubleshooting', () => {
  const page = readFileSync('docs/troubleshooting.md', 'utf8');

  it('has every message of the stores and the server', () => {
    const messages = listMessages();
    expect(messages.length).toBeGreaterThan(60);
    const missing = messages.filter((message) => !page.includes(message.replace('… Load it', 'Load it')));
    expect(missing).toEqual([]);
  });

  it('has no message of theirs that is not in the source', () => {
    const known = new Set(listMessages().flatMap((message) => [message, `${message} Load it first.`]));
    const [, ...sections] = page.split(/^## (?=Stores)/m);
    const listed = [...sections.join('').matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, message = '']) => message),
    );
    expect(listed.length).toBeGreaterThan(60);
    expect(listed.filter((message) => !known.has(message))).toEqual([]);
  });
});
