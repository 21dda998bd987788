import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
let calls: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'production-'));
  calls = await runCommands(await readCommands('docs/production.md'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** All that a page says to put into a shell. */
async function readCommands(path: string): Promise<string> {
  const page = await readFile(path, 'utf8');
  return [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n');
}

/** Runs all commands of the page, with programs in place of those that reach beyond this machine: they write down how they are called. */
async function runCommands(commands: string): Promise<string> {
  const stubs = `
calls=$PWD/calls
: > "$calls"
aws() {
  printf 'aws %s\\n' "$*" >> "$calls"
  case "$*" in
    'sts get-caller-identity '*) echo 123456789012 ;;
    'bedrock-agentcore-control create-agent-runtime '*) echo '{"agentRuntimeArn":"arn:of:runtime","agentRuntimeId":"id-1"}' ;;
    'bedrock-agentcore invoke-agent-runtime '*) echo said > answer.txt ;;
  esac
}
zip() { printf 'zip %s in %s\\n' "$*" "$(basename "$PWD")" >> "$calls"; }
docker() { if [ "$1" = login ]; then cat > /dev/null; fi; printf 'docker %s\\n' "$*" >> "$calls"; }
npm() { echo '{"type":"module"}' > package.json; mkdir -p dist/agentcore-esm; }
curl() { :; }
`;
  const script = `${stubs}\n${commands.replace('&& cd support-agent', '&& cd support-agent && touch main.js')}\ncat "$calls"`;
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], { cwd: folder });
  return stdout;
}

describe('the page for production', () => {
  it('has commands that run one after the other, each with what the ones before it have found', () => {
    expect(calls).toContain('docker login --username AWS --password-stdin 123456789012.dkr.ecr.us-east-1');
    expect(calls).toContain(
      '--role-arn arn:aws:iam::123456789012:role/support-agent --network-configuration networkMode=PUBLIC',
    );
    expect(calls).toContain('get-agent-runtime --agent-runtime-id id-1');
    const [, session = ''] = calls.match(/stop-runtime-session .*--runtime-session-id (\S+)/) ?? [];
    // What AgentCore Runtime accepts.
    expect(session.length).toBeGreaterThanOrEqual(33);
    expect(calls).toContain(`--runtime-session-id ${session} --cli-binary-format raw-in-base64-out`);
    expect(calls).toContain(`{"pk":{"S":"agent#support"},"sk":{"S":"context#${session}"}}`);
  });

  it('has a command that removes each thing that it has made', () => {
    for (const made of ['table', 'role', 'repository', 'agent-runtime']) {
      expect(calls).toMatch(new RegExp(`^aws \\S+ create-${made} `, 'm'));
      expect(calls).toMatch(new RegExp(`^aws \\S+ delete-${made} `, 'm'));
    }
    expect(calls).toContain('delete-agent-runtime --agent-runtime-id id-1');
  });

  it('gives the role what the store needs of the table, and nothing else of it', async () => {
    const text = await readFile(join(folder, 'support-agent/permissions.json'), 'utf8');
    const { Statement }: { Statement: { Action: string | string[]; Resource: string }[] } = JSON.parse(text);
    expect(Statement.filter(({ Action }) => String(Action).includes('dynamodb:'))).toEqual([
      {
        Effect: 'Allow',
        Action: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:DeleteItem'],
        Resource: 'arn:aws:dynamodb:us-east-1:123456789012:table/agent-state',
      },
    ]);
    const trust = JSON.parse(await readFile(join(folder, 'support-agent/trust.json'), 'utf8'));
    expect(trust.Statement[0].Principal).toEqual({ Service: 'bedrock-agentcore.amazonaws.com' });
  });
});

describe('the page about deploying', () => {
  it('puts the bundle where the runtime takes it from', async () => {
    const shell = 'export AWS_REGION=us-east-1 account=123456789012\n';
    const made = await runCommands(shell + (await readCommands('docs/deploying.md')));
    expect(made).toContain('zip -q ../agentcore.zip main.js package.json in agentcore-esm');
    expect(made).toContain('s3 cp dist/agentcore.zip s3://support-agent-code-123456789012/agentcore.zip');
    expect(made).toContain(
      '{code={s3={bucket=support-agent-code-123456789012,prefix=agentcore.zip}},runtime=NODE_22,entryPoint=[main.js]}',
    );
  });
});
