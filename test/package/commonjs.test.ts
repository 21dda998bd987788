import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { Consumer, compilers, packPackage } from './consumer.js';

/** A file that a compiler takes for CommonJS, and makes calls of `require` of. */
const program = `import { isAgentStoreError } from '@looopy-ai/aws';
import { InMemoryAgentStore } from '@looopy-ai/aws/stores/memory';

const agentStore = new InMemoryAgentStore({ agentId: 'a' });
agentStore.load('').catch((error: unknown) => console.log(JSON.stringify(isAgentStoreError(error, 'INVALID_KEY'))));
`;

/** The same for a compiler that does not know that Node can \`require\` an ES module. */
const importing = program
  .replace(/import (.*) from (.*);/g, 'const $1 = await import($2);')
  .replace(/^const .*$/ms, (body) => `async function main() {\n${body}}\nvoid main();\nexport {};\n`);

let root: string;
let consumer: Consumer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'commonjs-'));
  const { '@types/node': types } = packageJson.devDependencies;
  const packages = { '@looopy-ai/aws': `file:${await packPackage(root)}`, '@types/node': types };
  consumer = await Consumer.create(join(root, 'project'), packages);
  await consumer.write('program.cts', program);
  await consumer.write('importing.cts', importing);
});

afterAll(() => rm(root, { recursive: true, force: true }));

describe('CommonJS in TypeScript', () => {
  it.each(['node20', 'nodenext'])('requires the package, with module: %s', async (module) => {
    expect(await consumer.build(['program.cts'], { module, moduleResolution: 'nodenext' })).toBe('');
    expect(await consumer.evaluate(`import './program.cjs';`)).toBe(true);
  });

  it.each(compilers)(
    'is refused the package with module: node16, unless it imports it: %s',
    async (compiler) => {
      const options = { module: 'node16', moduleResolution: 'node16', skipLibCheck: true };
      expect(await consumer.typeCheck(compiler, 'nodenext', ['program.cts'], options)).toContain('TS1479');
      expect(await consumer.typeCheck(compiler, 'nodenext', ['importing.cts'], options)).toBe('');
    },
  );

  it('imports the package, with module: node16', async () => {
    const options = { module: 'node16', moduleResolution: 'node16', skipLibCheck: true };
    expect(await consumer.build(['importing.cts'], options)).toBe('');
    expect(await consumer.evaluate(`import './importing.cjs';`)).toBe(true);
  });
});
