import type { MeasureResult } from './results.js';

/** A number of ours that is better than somebody else's, by where it is among the results. */
interface Win {
  readonly what: string;
  readonly measure: string;
  readonly table: string;
  readonly label: string;
  readonly ours: string;
  readonly theirs: string;
  /** Whose number the other one is. */
  readonly than: string;
}

const wins: readonly Win[] = [
  {
    what: 'A million turns of a live agent with a state of 20 KB, in dollars',
    measure: 'turns',
    table: 'A million turns',
    label: '20 KB',
    ours: 'ours, warm',
    theirs: 'native maps, warm',
    than: 'native maps',
  },
  ...['20 KB', '200 KB'].map((label) => ({
    what: `One save and one load of ${label} in DynamoDB Local, in ms`,
    measure: 'dynamodb',
    table: 'Plain states, on DynamoDB Local: one save and one load',
    label,
    ours: 'ours',
    theirs: 'by hand',
    than: 'a save by hand, without a condition',
  })),
  {
    what: 'A conversation of 50 turns in Redis, in KB sent and received',
    measure: 'conversation',
    table: 'Requests and traffic',
    label: 'KB, both ways',
    ours: 'ours',
    theirs: 'keyv',
    than: 'keyv',
  },
  {
    what: 'A turn with two messages of 20 KB in DynamoDB, in write units',
    measure: 'history',
    table: 'Write units a turn',
    label: '20 KB',
    ours: 'ours',
    theirs: 'an item per message',
    than: 'an item per message',
  },
  {
    what: 'A turn with two messages of 1 KB in DynamoDB, in write units',
    measure: 'history',
    table: 'Write units a turn',
    label: '1 KB',
    ours: 'ours',
    theirs: 'a snapshot a turn',
    than: 'a snapshot of 40 messages, as in Strands',
  },
  {
    what: 'A turn with two messages of 1 KB in Redis, in KB sent and received',
    measure: 'history-redis',
    table: 'KB a turn, both ways',
    label: '1 KB',
    ours: 'ours',
    theirs: 'ShallowRedisSaver',
    than: "LangGraph's saver",
  },
  {
    what: 'A rich state of 20 KB to text and back, in µs',
    measure: 'encoding',
    table: 'A state with rich types, as text',
    label: '20 KB, rich',
    ours: 'ours',
    theirs: 'superjson',
    than: 'superjson',
  },
  {
    what: 'A turn of 20 events at 32 sessions, half of them sooner than, in ms',
    measure: 'server',
    table: 'Time of a turn',
    label: '32 sessions, p50',
    ours: 'ours',
    theirs: 'bedrock-agentcore',
    than: "AWS's server",
  },
  {
    what: 'Loading the server, in ms over bare Node',
    measure: 'loading',
    table: 'Time',
    label: '., and what `serve` loads',
    ours: 'ours',
    theirs: 'bedrock-agentcore',
    than: "AWS's server",
  },
];

/** What is won, as a table, less what the results do not show (any more). */
export function writeWins(results: Readonly<Record<string, MeasureResult>>): string {
  const rows = wins.flatMap((win) => {
    const table = results[win.measure]?.tables.find(({ title }) => title === win.table);
    const values = table?.comparisons.find(({ label }) => label === win.label)?.values;
    const [ours, theirs] = [values?.[win.ours]?.median, values?.[win.theirs]?.median];
    if (ours === undefined || theirs === undefined || ours >= theirs) return [];
    const less = `${Math.round((1 - ours / theirs) * 100)} %`;
    return [`| ${win.what} | ${ours} | ${theirs}, ${win.than} | ${less} |`];
  });
  return ['| | here | elsewhere | less by |', '| --- | ---: | ---: | ---: |', ...rows].join('\n');
}
