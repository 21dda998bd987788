import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript-5.9';
import packageJson from '../../package.json' with { type: 'json' };

/** An exported name, as its declaration says it. */
export interface ApiName {
  readonly name: string;
  /** The first entry point of package.json that exports it. */
  readonly home: string;
  readonly description: string;
  /** What of its types a user sees, with the comments on its members. */
  readonly declaration: string;
  readonly throws: readonly string[];
  readonly examples: readonly string[];
}

export interface EntryPoint {
  /** Every path under which it can be imported. */
  readonly paths: readonly string[];
  readonly names: readonly ApiName[];
}

/** What each entry point of the package exports, read from the declarations that a build makes. */
export function readApi(): EntryPoint[] {
  const folder = mkdtempSync(join(tmpdir(), 'api-'));
  try {
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const options = ['-p', 'tsconfig.build.json', '--declarationMap', 'false', '--outDir', folder];
    execFileSync(process.execPath, [tsc, ...options], { stdio: 'inherit' });
    return readDeclarations(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readDeclarations(folder: string): EntryPoint[] {
  const entries = [...listEntryFiles()].map(([file, paths]) => ({ file: join(folder, file), paths }));
  const options = { noLib: true, types: [], module: ts.ModuleKind.NodeNext, target: ts.ScriptTarget.ES2022 };
  const program = ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
  const checker = program.getTypeChecker();
  const homes = new Map<string, { readonly symbol: ts.Symbol; readonly home: string }>();
  return entries.map(({ file, paths }) => {
    const [path = ''] = paths;
    const source = program.getSourceFile(file);
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${path} exports nothing.`);
    const names = checker.getExportsOfModule(module).map((exported) => {
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const { name } = exported;
      const known = homes.get(name) ?? { symbol, home: path };
      if (known.symbol !== symbol)
        throw new Error(`${path} and ${known.home} export different things as ${name}.`);
      homes.set(name, known);
      return readName(name, known.home, symbol);
    });
    return { paths, names: names.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
}

/** The declarations of each module that package.json exports, and under which paths. */
function listEntryFiles(): Map<string, string[]> {
  const files = new Map<string, string[]>();
  for (const [path, target] of Object.entries(packageJson.exports)) {
    const file = target.match(/^\.\/dist\/(.*)\.js$/)?.[1];
    if (file === undefined) continue;
    const paths = files.get(`${file}.d.ts`) ?? [];
    files.set(`${file}.d.ts`, [...paths, packageJson.name + path.slice(1)]);
  }
  return files;
}

function readName(name: string, home: string, symbol: ts.Symbol): ApiName {
  const statements = (symbol.declarations ?? []).map(toStatement);
  const comments = statements
    .flatMap((statement) => ts.getJSDocCommentsAndTags(statement))
    .filter(ts.isJSDoc);
  const tags = comments.flatMap(({ tags = [] }) => [...tags]);
  const readTags = (tagName: string) =>
    tags.filter((tag) => tag.tagName.text === tagName).map((tag) => toText(tag.comment));
  return {
    name,
    home,
    description: comments.map(({ comment }) => toText(comment)).join('\n\n'),
    declaration: statements.map(toDeclaration).join('\n'),
    throws: readTags('throws'),
    examples: readTags('example'),
  };
}

/** The statement that a declaration is in: a `const` is two levels below its own. */
function toStatement(declaration: ts.Node): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function toDeclaration(statement: ts.Node): string {
  return statement
    .getText()
    .replace(/^export (declare )?/, '')
    .replace(/^ +#private;\n/m, '');
}

function toText(comment: ts.JSDoc['comment']): string {
  return (ts.getTextOfJSDocComment(comment) ?? '').replace(/\{@link (\w+)\}/g, '`$1`').trim();
}
