import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { Consumer, packPackage, run } from '../../package/consumer.js';
import { startProgram } from '../example-process.js';
import type { StartExample } from './support-session.js';

const models = 'test/examples/frameworks/models';

/** An example with packages of its own, in a folder of its own, on a Node that its packages want. */
export class InstalledExample {
  readonly #root: string;
  readonly #folder: string;
  readonly #consumer: Consumer;
  readonly #node: string;

  private constructor(root: string, folder: string, consumer: Consumer, node: string) {
    this.#root = root;
    this.#folder = folder;
    this.#consumer = consumer;
    this.#node = node;
  }

  static async install(name: string): Promise<InstalledExample> {
    const example = join('examples', name);
    const root = await mkdtemp(join(tmpdir(), `${name}-`));
    const folder = join(root, 'project');
    const { dependencies } = JSON.parse(await readFile(join(example, 'package.json'), 'utf8'));
    const tarball = `file:${await packPackage(root)}`;
    const { '@types/node': types } = packageJson.devDependencies;
    const packages = { ...dependencies, '@looopy-ai/aws': tarball, '@types/node': types };
    const consumer = await Consumer.create(folder, packages);
    for (const file of await readdir(example))
      if (file.endsWith('.ts')) await cp(join(example, file), join(folder, file));
    return new InstalledExample(root, folder, consumer, await findNode(root));
  }

  /** From now on, the example has the mock model of its framework. */
  async mockModel(file: string): Promise<void> {
    await cp(join(models, file), join(this.#folder, 'model.ts'));
    await cp(join(models, 'read-script.ts'), join(this.#folder, 'read-script.ts'));
  }

  /** What the compiler says about it: nothing, if all is well. */
  typeCheck(): Promise<string> {
    const options = { skipLibCheck: true, allowImportingTsExtensions: true };
    return this.#consumer.typeCheck('typescript', 'nodenext', ['main.ts'], options);
  }

  start: StartExample = (env) => startProgram(['main.ts'], env, this.#folder, this.#node);

  remove(): Promise<void> {
    return rm(this.#root, { recursive: true, force: true });
  }
}

/** This Node, if it runs TypeScript as it is, as 22.18 and later do; else the newest Node 22. */
async function findNode(cwd: string): Promise<string> {
  if (Reflect.get(process.features, 'typescript')) return process.execPath;
  const { stdout } = await run('npx', ['--yes', '-p', 'node@22', '-c', 'node -p process.execPath'], cwd);
  return stdout.trim();
}
