import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { describeFailure, exitCodeOf, toExitCode } from '../../src/cli/failures.js';
import { AgentStoreError } from '../../src/domain/errors.js';
import { cli, cliJson } from './harness.js';

/** Every command, by the words that lead to it. */
const commands = [
  ['table', 'create'],
  ['table', 'check'],
  ['sessions', 'list'],
  ['sessions', 'show'],
  ['sessions', 'messages'],
  ['sessions', 'watch'],
  ['sessions', 'delete'],
  ['sessions', 'erase'],
  ['sessions', 'export'],
  ['sessions', 'import'],
  ['sessions', 'copy'],
  ['sessions', 'prune'],
  ['turns', 'list'],
  ['turns', 'cancel'],
  ['serve'],
  ['doctor'],
  ['completion'],
];

describe('the command line', () => {
  it('says what it can do, with examples, if it is asked nothing', async () => {
    const { code, out, err } = await cli([]);
    expect([code, err]).toEqual([0, '']);
    for (const [name = ''] of commands) expect(out).toContain(`  ${name}`);
    expect(out).toContain('Exit codes: 0 it worked, 1 it failed, 2');
  });

  it.each(commands.map((words) => [words.join(' '), words]))(
    'helps with %s, by an example',
    async (name, words) => {
      const { code, out, err } = await cli([...words, '--help']);
      expect([code, err]).toEqual([0, '']);
      expect(out).toContain(`Examples:\n  looopy-aws ${name}`);
      expect(out).toContain('--json');
    },
  );

  it('prints its version', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
  });

  it.each([
    ['an unknown command', ['session'], 'There is no command "session". Did you mean `sessions`?'],
    ['one that is like no other', ['xyz'], 'There is no command "xyz". See --help.'],
    ['a missing URL, and a missing id', ['sessions', 'show'], 'Expected argument for URL'],
    [
      'an unknown option',
      ['doctor', 'memory:', '--jsn'],
      'No flag registered for --jsn, did you mean --json?',
    ],
    ['too many arguments', ['doctor', 'memory:', 'x'], 'Too many arguments, expected 1 but encountered "x"'],
    ['an empty id', ['sessions', 'show', 'memory:', ''], 'Failed to parse "" for ID: It must not be empty.'],
    [
      'a limit that is no number',
      ['sessions', 'messages', 'memory:', 's', '--limit', '1.5'],
      'Failed to parse "1.5" for limit: It must be a whole number above 0.',
    ],
    [
      'an interval that is no time',
      ['sessions', 'watch', 'memory:', 's', '--interval', '0'],
      'Failed to parse "0" for interval: It must be a number of seconds above 0.',
    ],
    [
      'a time that is none',
      ['sessions', 'prune', 'memory:', '--older-than', '90'],
      'Failed to parse "90" for older-than: It must be a number of days, hours, minutes or seconds, such as 30d, 12h, 90m or 30s.',
    ],
    ['no time', ['sessions', 'prune', 'memory:'], 'Expected input for flag --older-than'],
    [
      'a copy onto itself',
      ['sessions', 'copy', '--from', 'memory:', '--to', 'memory:'],
      'The sessions would be copied onto themselves: --from and --to are the same.',
    ],
    [
      'a port that is none',
      ['serve', '--port', '65536'],
      'Failed to parse "65536" for port: It must be a number from 0 to 65535.',
    ],
    ['an unknown shell', ['completion', 'tcsh'], 'The shell must be one of bash, zsh, fish.'],
  ])('says in one line, and by exit code 2, what is wrong with %s', async (_, argv, says) => {
    expect(await cli(argv)).toEqual({ code: 2, out: '', err: `looopy-aws: ${says}\n` });
  });

  it('shows no password, not even of a URL that is in the wrong place', async () => {
    for (const argv of [
      ['redis://me:secret@host'],
      ['sessions', 'redis://:secret@host'],
      ['doctor', 'memory:', 'redis://me:s/e@cret@h'],
    ]) {
      const { code, err } = await cli(argv);
      expect(code).toBe(2);
      expect(err).not.toMatch(/s\/?e@?cret/);
    }
  });

  it('prints an error as one line with --json too, and nothing else', async () => {
    const { code, out, err } = await cli(['sessions', 'show', 'memory:none', 'unknown', '--json']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe('looopy-aws: There is no session "unknown" of the agent "demo".\n');
  });

  it('does nothing any more when it has been interrupted', async () => {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['other', 1],
    ] as const) {
      const controller = new AbortController();
      controller.abort(signal);
      expect(await cli(['turns', 'list', 'memory:'], { controller })).toEqual({ code, out: '', err: '' });
    }
  });
});

describe('colors', () => {
  const argv = ['doctor', 'memory:'];

  it.each([
    ['a terminal', { isTTY: true }, argv, true],
    ['a file', { isTTY: false }, argv, false],
    ['NO_COLOR', { isTTY: true, env: { NO_COLOR: '1' } }, argv, false],
    ['an empty NO_COLOR', { isTTY: true, env: { NO_COLOR: '' } }, argv, true],
    ['a terminal that has none', { isTTY: true, env: { TERM: 'dumb' } }, argv, false],
    ['--no-color', { isTTY: true }, [...argv, '--no-color'], false],
    ['--no-color with help', { isTTY: true }, ['doctor', '--help', '--no-color'], false],
  ])('are decided on by %s', async (_, surroundings, args, isColored) => {
    const { out } = await cli(args, surroundings);
    expect(out.includes('\u001B[')).toBe(isColored);
  });

  it('are never in JSON', async () => {
    const { document } = await cliJson(argv, { isTTY: true });
    expect(document.works).toBe(true);
  });
});

describe('completion', () => {
  it.each([
    [['sess'], ['sessions']],
    [['sessions', 'm'], ['messages']],
    [['doctor', 'memory:', '--j'], ['--json']],
  ])('of %j gives %j', async (words, found) => {
    const { code, out } = await cli(['__complete', ...words]);
    expect([code, out.trim().split('\n')]).toEqual([0, found]);
  });

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    const { code, out } = await cli(['completion', shell]);
    expect(code).toBe(0);
    expect(out).toContain('looopy-aws __complete');
  });
});

describe('a failure', () => {
  it('of the program itself, such as a file of it that is missing, is 1', () => {
    expect([-10, -2, -4, -5, 0, 1, 2, null].map(toExitCode)).toEqual([1, 1, 2, 2, 0, 1, 2, 0]);
  });

  it('that nobody has foreseen is told without what was being read', () => {
    const error = new SyntaxError('Unexpected token in "my secret"');
    const said = describeFailure(error);
    expect(said).toMatch(/^Something unforeseen happened: SyntaxError at .*command-line\.test\.ts.*\.$/);
    expect(describeFailure(Object.assign(new Error('secret'), { stack: undefined }))).toBe(
      'Something unforeseen happened: Error.',
    );
    expect(describeFailure('secret')).toBe('Something unforeseen happened: string.');
    expect(exitCodeOf(error)).toBe(1);
  });

  it('is one line that cannot command a terminal', () => {
    const error = new AgentStoreError('UNAVAILABLE', 'No\n  answer\u001B[2J from redis://me:pass@host.');
    expect(describeFailure(error)).toBe('No answer�[2J from redis://***@host.');
    expect([exitCodeOf(error), exitCodeOf(new AgentStoreError('INVALID_KEY', 'x'))]).toEqual([1, 2]);
  });
});
