import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { docsFolder } from './paths.js';
import { prices } from './prices.js';
import type { Table } from './results.js';
import { readResult } from './stored-results.js';

interface Point {
  readonly kilobytes: number;
  readonly value: number;
  readonly series: string;
}

/** The plots of the report, of the results that are stored. */
export async function writePlots(): Promise<void> {
  const dynamodb = await readResult('dynamodb');
  // Of the servers, the one most like DynamoDB comes last.
  const times = dynamodb?.tables.findLast(({ title }) => title.startsWith('Plain'));
  const plotted = toPoints(times).filter(({ series }) => ['ours', 'by hand'].includes(series));
  await writePlot('time-per-call.svg', plotted, {
    title: times?.title ?? '',
    subtitle: 'median milliseconds; by hand: PutItem and GetItem of a native map',
    y: 'ms',
  });
  const turns = await readResult('turns');
  const cost = turns?.tables.find(({ title }) => title === 'A million turns');
  await writePlot('cost-per-million-turns.svg', toPoints(cost), {
    title: 'DynamoDB, a million turns',
    subtitle: `US dollars on demand, ${prices.region}: $${prices.write} per million write units, $${prices.read} per million read units`,
    y: '$',
  });
}

function toPoints(table: Table | undefined): Point[] {
  return (table?.comparisons ?? []).flatMap(({ label, values }) =>
    Object.entries(values).map(([series, { median }]) => ({
      kilobytes: Number.parseFloat(label),
      value: median,
      series,
    })),
  );
}

async function writePlot(
  file: string,
  points: readonly Point[],
  { title, subtitle, y }: { title: string; subtitle: string; y: string },
): Promise<void> {
  const { document } = parseHTML('<html><body></body></html>');
  const shared = { x: 'kilobytes', y: 'value', stroke: 'series' } as const;
  const svg = Plot.plot({
    document,
    width: 860,
    height: 460,
    marginLeft: 60,
    marginRight: 190,
    marginTop: 70,
    x: { type: 'log', label: 'size of the state in KB', grid: true },
    y: { type: 'log', label: y, grid: true },
    marks: [
      Plot.text([title], { frameAnchor: 'top-left', dy: -58, fontSize: 16, fontWeight: 'bold' }),
      Plot.text([subtitle], { frameAnchor: 'top-left', dy: -36, fontSize: 11 }),
      Plot.line(points, shared),
      Plot.dot(points, { ...shared, fill: 'series', r: 2.5 }),
      Plot.text(lastOfEach(points), {
        x: 'kilobytes',
        y: 'value',
        text: 'series',
        fill: 'series',
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('style', 'background: white; color: black; font-family: system-ui, sans-serif');
  await writeFile(join(docsFolder, 'benchmarks', file), `${svg.outerHTML}\n`);
}

/** Where the name of each series goes. */
function lastOfEach(points: readonly Point[]): Point[] {
  return [...new Map(points.map((point) => [point.series, point])).values()];
}
