import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The newest Node of a line, which npm installs beside this one. */
export async function findNode(line: number): Promise<{ execPath: string; version: string }> {
  const script = 'node -p "JSON.stringify({ execPath: process.execPath, version: process.versions.node })"';
  const { stdout } = await run('npx', ['--yes', '-p', `node@${line}`, '-c', script]);
  return JSON.parse(stdout);
}
