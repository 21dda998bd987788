import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };

const execute = promisify(execFile);

/** The compilers that users have, by the names they are installed under here. */
export const compilers = ['typescript-5.9', 'typescript'] as const;
type Compiler = (typeof compilers)[number];

export const resolutions = ['bundler', 'nodenext'] as const;
type Resolution = (typeof resolutions)[number];

type Environment = Readonly<Record<string, string>>;

/** Packages by name, in the versions or the places to take them from. */
type Packages = Readonly<Record<string, string>>;

/** What `npm publish` would publish, as a file in the folder. It is built in a copy: several tests do so at the same time. */
export async function packPackage(folder: string): Promise<string> {
  const copy = join(folder, 'packed-from');
  const { files } = packageJson;
  const sources = files.filter((name) => name !== 'dist' && name !== 'src');
  const build = [
    'src',
    'tools',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'README.md',
    'LICENSE',
  ];
  for (const path of [...build, ...sources]) await cp(path, join(copy, path), { recursive: true });
  await symlink(resolve('node_modules'), join(copy, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', folder], copy);
  await rm(copy, { recursive: true });
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (tarball === undefined) throw new Error('npm pack made no tarball.');
  return join(folder, tarball);
}

/** The folder with what is in the tarball, and nothing else. */
export async function unpack(tarball: string, folder: string): Promise<string> {
  await mkdir(folder);
  await run('tar', ['-xzf', tarball, '-C', folder], process.cwd());
  return join(folder, 'package');
}

/** A project that has installed the package. */
export class Consumer {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(folder: string, packages: Packages): Promise<Consumer> {
    const consumer = new Consumer(folder);
    await consumer.write('package.json', JSON.stringify({ private: true, type: 'module' }));
    await consumer.#install(packages);
    return consumer;
  }

  /** Runs a program that a package has installed, and gives what it prints and its exit code. */
  async runBin(name: string, args: readonly string[], env: Environment = {}) {
    const program = join(this.#folder, 'node_modules/.bin', name);
    const done = run(program, args, this.#folder, env).then(({ stdout }) => ({ code: 0, said: stdout }));
    return done.catch(({ code, stdout, stderr }) => ({ code, said: `${stdout}${stderr}` }));
  }

  /** The same project once more, with further packages. */
  async extend(folder: string, packages: Packages): Promise<Consumer> {
    await cp(this.#folder, folder, { recursive: true, verbatimSymlinks: true });
    const consumer = new Consumer(folder);
    await consumer.#install(packages);
    return consumer;
  }

  async #install(packages: Packages): Promise<void> {
    const { dependencies, ...rest } = JSON.parse(await readFile(join(this.#folder, 'package.json'), 'utf8'));
    await this.write(
      'package.json',
      JSON.stringify({ ...rest, dependencies: { ...dependencies, ...packages } }),
    );
    // In the versions of this repository: those a range allows today may not fit what npm has cached of the registry.
    await cp('package-lock.json', join(this.#folder, 'package-lock.json'));
    await run('npm', ['install', '--no-audit', '--no-fund'], this.#folder);
  }

  async write(path: string, text: string): Promise<void> {
    const file = join(this.#folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }

  /** Runs a module, and returns what it prints. */
  async run(code: string, env: Environment = {}, flags: readonly string[] = []): Promise<string> {
    await this.write('main.mjs', code);
    return (await run(process.execPath, [...flags, 'main.mjs'], this.#folder, env)).stdout;
  }

  /** Runs the tests of a folder of the project with Jest, and returns what it says of them. */
  async runJest(folder: string, flags: readonly string[]): Promise<string> {
    const jest = resolve(this.#folder, 'node_modules/jest/bin/jest.js');
    const { stderr } = await run(process.execPath, [...flags, jest], join(this.#folder, folder));
    return stderr;
  }

  /** Runs a module that prints JSON, and returns what it stands for. */
  async evaluate(code: string, env: Environment = {}): Promise<unknown> {
    return JSON.parse(await this.run(code, env));
  }

  /** Runs a module, and returns every module that was loaded by then. */
  async listModules(code: string): Promise<string[]> {
    const LOADED_MODULES = join(this.#folder, 'modules.txt');
    await rm(LOADED_MODULES, { force: true });
    const listing = pathToFileURL(resolve('test/package/list-modules.mjs')).href;
    await this.run(code, { LOADED_MODULES }, ['--import', listing]);
    return (await readFile(LOADED_MODULES, 'utf8')).split('\n');
  }

  /** What the compiler says about the files: nothing, where all is well. */
  async typeCheck(
    compiler: Compiler,
    resolution: Resolution,
    files: readonly string[],
    options: object = {},
  ): Promise<string> {
    return this.#compile(compiler, resolution, files, { noEmit: true, ...options });
  }

  /** Compiles the files next to where they are. */
  async build(files: readonly string[], options: object = {}): Promise<string> {
    return this.#compile('typescript', 'nodenext', files, options);
  }

  async #compile(compiler: Compiler, resolution: Resolution, files: readonly string[], options: object) {
    const compilerOptions = {
      target: 'ES2022',
      module: resolution === 'bundler' ? 'preserve' : resolution,
      moduleResolution: resolution,
      // As in an application for the browser and for the server.
      lib: resolution === 'bundler' ? ['ES2022', 'DOM'] : ['ES2022'],
      strict: true,
      skipLibCheck: false,
      types: ['node'],
      ...options,
    };
    await this.write('tsconfig.json', JSON.stringify({ compilerOptions, files }));
    const tsc = resolve('node_modules', compiler, 'bin/tsc');
    try {
      await run(process.execPath, [tsc, '-p', '.'], this.#folder);
      return '';
    } catch (error) {
      if (error instanceof Error && 'stdout' in error) return String(error.stdout);
      throw error;
    }
  }
}

/** Runs a program as if from a shell in the folder. */
export function run(command: string, args: readonly string[], cwd: string, env: Environment = {}) {
  // What npm tells the scripts it runs is about this project, and not about the one in the folder.
  const inherited = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  return execute(command, args, { cwd, env: { ...Object.fromEntries(inherited), ...env } });
}
