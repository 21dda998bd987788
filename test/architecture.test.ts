import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript-5.9';
import { describe, expect, it } from 'vitest';

const domain = 'src/domain/';
const compression = 'src/adapters/compression.js';
const network = 'src/adapters/network-errors.js';

/** What each layer may import: a folder or file of ours, a package, any Node built-in. What is not listed is refused. */
const layers: Readonly<Record<string, readonly string[]>> = {
  // What is loaded when it is first needed.
  'src/domain/node-modules.ts': ['node:module', 'node:crypto', 'node:fs'],
  [domain]: [domain, 'node:async_hooks'],
  'src/testing/': ['src/testing/', domain, 'node:assert', 'node:crypto', 'node:vm'],
  'src/adapters/compression.ts': [domain, 'node:'],
  'src/adapters/network-errors.ts': [domain],
  'src/adapters/superjson/': ['src/adapters/superjson/', domain, 'superjson'],
  'src/adapters/tracing/': ['src/adapters/tracing/', domain, '@opentelemetry/api'],
  'src/adapters/memory/': ['src/adapters/memory/', domain],
  'src/adapters/dynamodb/': [
    'src/adapters/dynamodb/',
    compression,
    network,
    domain,
    '@aws-sdk/client-dynamodb',
    'node:',
  ],
  'src/adapters/redis/': ['src/adapters/redis/', compression, network, domain, 'ioredis', 'node:'],
  'src/server/': ['src/server/', domain, 'hono', 'pino', 'node:'],
  'src/lambda/': ['src/lambda/', 'src/server/', domain, 'pino'],
  'src/agent/': ['src/agent/', domain, 'node:async_hooks', 'node:crypto'],
  'src/index.ts': ['src/agent/', 'src/server/', domain],
  'src/hono.ts': ['src/server/'],
  'src/stores.ts': ['src/adapters/', domain],
  // Brings all of the others together, and is imported by none of them.
  'src/cli/': [
    'src/cli/',
    'src/adapters/',
    'src/agent/',
    'src/server/',
    domain,
    '@stricli/core',
    '@aws-sdk/client-dynamodb',
    'ioredis',
    'node:',
  ],
};

describe('the layers', () => {
  const paths = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => posix.join('src', path.replaceAll('\\', '/')));

  it.each(Object.keys(layers))('has files, and imports, in %s', (layer) => {
    const files = paths.filter((path) => path.startsWith(layer));
    expect(files).not.toEqual([]);
    expect(files.flatMap((path) => findImports(path, readFileSync(path, 'utf8')))).not.toEqual([]);
  });

  it('import only what they may', () => {
    expect(paths.flatMap((path) => findViolations(path, readFileSync(path, 'utf8')))).toEqual([]);
  });

  it('import in one direction: no file leads back to itself', () => {
    expect(findCircles(readImports(paths))).toEqual([]);
  });

  it.each([
    ['of two files', { 'a.ts': ['b.js'], 'b.ts': ['a.js'] }, ['a.ts > b.ts']],
    [
      'of three, beside the way',
      { 'a.ts': ['b.js'], 'b.ts': ['c.js'], 'c.ts': ['d.js'], 'd.ts': ['b.js'] },
      ['b.ts > c.ts > d.ts'],
    ],
    ['of one', { 'a.ts': ['a.js'] }, ['a.ts']],
    ['that is none', { 'a.ts': ['b.js', 'c.js'], 'b.ts': ['c.js'], 'c.ts': [] }, []],
  ])('tell of a circle %s', (_, imports, circles) => {
    expect(findCircles(new Map(Object.entries(imports)))).toEqual(circles);
  });

  it('let a class of a backend that extends another one do nothing but construct', () => {
    const adapters = paths.filter((path) => path.startsWith('src/adapters/'));
    const extending = adapters.flatMap((path) => findExtendingClasses(path, readFileSync(path, 'utf8')));
    expect(extending.map(({ name }) => name)).toContain('RedisAgentStore');
    expect(extending.filter(({ members }) => members.length > 0)).toEqual([]);
  });

  it('tell of a class that overrides a method, or adds one', () => {
    const source = `class Base {} class A extends Base { constructor() { super(); } override load() {} get size() { return 1; } }`;
    expect(findExtendingClasses('a.ts', source)).toEqual([{ name: 'A', members: ['load', 'size'] }]);
  });

  it.each([
    ['an SDK in the domain', `${domain}a.ts`, `import { X } from '@aws-sdk/client-dynamodb';`],
    ['the type of an SDK in the domain', `${domain}a.ts`, `import type { X } from 'ioredis';`],
    ['a type written as import()', `${domain}a.ts`, `export type A = typeof import('ioredis');`],
    ['a Node built-in in the domain', `${domain}a.ts`, `import 'node:fs';`],
    [
      'an adapter in the domain',
      `${domain}store/a.ts`,
      `export { X } from '../../adapters/memory/index.js';`,
    ],
    ['an adapter in the server', 'src/server/a.ts', `const x = await import('../adapters/memory/index.js');`],
    ['the stores in the server', 'src/server/a.ts', `import { X } from '../stores.js';`],
    ['the stores in the main entry', 'src/index.ts', `export { InMemoryAgentStore } from './stores.js';`],
    ['the kit in the domain', `${domain}a.ts`, `import { X } from '../testing/index.js';`],
    ['an adapter in the kit', 'src/testing/a.ts', `import { X } from '../adapters/memory/index.js';`],
    ['the command line in the server', 'src/server/a.ts', `import { run } from '../cli/run.js';`],
    ['the command line in a backend', 'src/adapters/redis/a.ts', `import('../../cli/run.js');`],
    ['the command line in the main entry', 'src/index.ts', `export { run } from './cli/run.js';`],
    [
      'an SDK of OpenTelemetry in its adapter',
      'src/adapters/tracing/a.ts',
      `import '@opentelemetry/sdk-trace-node';`,
    ],
    ['the API of OpenTelemetry in the server', 'src/server/a.ts', `import '@opentelemetry/api';`],
    ['an adapter in the door for Lambda', 'src/lambda/a.ts', `import { X } from '../stores.js';`],
    ['the door for Lambda in the server', 'src/server/a.ts', `import { X } from '../lambda/index.js';`],
    ['a sibling backend', 'src/adapters/dynamodb/a.ts', `import { X } from '../memory/index.js';`],
    ['a package whose name starts like one', 'src/server/a.ts', `import 'hono-other';`],
    ['a require', 'src/server/a.ts', `const x = require('ioredis');`],
    ['a computed import', 'src/adapters/dynamodb/a.ts', `const x = await import(name);`],
    ['a file in no layer', 'src/other/a.ts', `import '../domain/errors.js';`],
  ])('refuse %s', (_, path, source) => {
    expect(findViolations(path, source)).toHaveLength(1);
  });

  it.each([
    ['a file of the same layer', `${domain}store/a.ts`, `import { X } from '../errors.js';`],
    ['the client of a backend', 'src/adapters/dynamodb/a.ts', `import('@aws-sdk/client-dynamodb');`],
    ['a subpath of a package', 'src/server/a.ts', `import { streamSSE } from 'hono/streaming';`],
    ['text that looks like an import', `${domain}a.ts`, `// import 'ioredis'\nconst x = "import 'ioredis'";`],
  ])('allow %s', (_, path, source) => {
    expect(findViolations(path, source)).toEqual([]);
  });
});

function findViolations(path: string, source: string): string[] {
  const layer = Object.keys(layers).find((folder) => path.startsWith(folder));
  const allowed = layer === undefined ? [] : (layers[layer] ?? []);
  return findImports(path, source)
    .filter((target) => !allowed.some((entry) => isWithin(target, entry)))
    .map((target) => `${path} imports ${target}`);
}

/** Each file with the files that it imports, types included. */
function readImports(paths: readonly string[]): Map<string, string[]> {
  return new Map(paths.map((path) => [path, findImports(path, readFileSync(path, 'utf8'))]));
}

/** The circles among files, each once, as the way from its first file back to it. */
function findCircles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    if (way.includes(path)) circles.push(way.slice(way.indexOf(path)).join(' > '));
    if (way.includes(path) || finished.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target.replace(/\.js$/, '.ts'), [...way, path]);
    finished.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return circles;
}

/** The classes of a file that extend another one, and what they have besides a constructor. */
function findExtendingClasses(path: string, source: string): { name: string; members: string[] }[] {
  const classes: { name: string; members: string[] }[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isClassLike(node) &&
      node.heritageClauses?.some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
    ) {
      const members = node.members.filter((member) => !ts.isConstructorDeclaration(member));
      classes.push({
        name: node.name?.text ?? '(unnamed)',
        members: members.map(({ name }) => (name !== undefined && ts.isIdentifier(name) ? name.text : '?')),
      });
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest));
  return classes;
}

function isWithin(target: string, entry: string): boolean {
  return target === entry || target.startsWith(/[/:]$/.test(entry) ? entry : `${entry}/`);
}

/** What a file imports in any way: its own files as paths from the root, packages by name. */
function findImports(path: string, source: string): string[] {
  const targets: string[] = [];
  const add = (specifier: ts.Node | undefined) => {
    const name = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : '(computed)';
    targets.push(name.startsWith('.') ? posix.join(posix.dirname(path), name) : name);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier);
    else if (ts.isExternalModuleReference(node)) add(node.expression);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined);
    else if (ts.isCallExpression(node) && isImportOrRequire(node.expression)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, source, ts.ScriptTarget.Latest));
  return targets;
}

function isImportOrRequire(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require')
  );
}
