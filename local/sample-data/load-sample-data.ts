import { Presets, SingleBar } from 'cli-progress';
import type { ClientBase } from 'pg';
import { loadTables } from './load.ts';
import { expectedRows, type SampleOptions, sampleData } from './sample-data.ts';

/**
 * Makes the sample data and loads it; answers the number of rows. Progress goes to stderr: a bar on
 * a terminal, a line now and then elsewhere. The login is one that `loadTables` can use.
 */
export async function loadSampleData(
  client: ClientBase,
  options: SampleOptions & Readonly<{ replace?: boolean }>,
): Promise<number> {
  const { replace = false, ...sample } = options;
  const started = performance.now();
  const rate = (rows: number) => Math.round((rows * 1000) / (performance.now() - started));
  const bar = new SingleBar(
    {
      format: 'Loading sample data {bar} {percentage}% {value} rows, {rate} rows/s',
      noTTYOutput: true,
      notTTYSchedule: 2_000,
    },
    Presets.shades_classic,
  );
  try {
    const rows = await loadTables(client, sampleData(sample), {
      replace,
      onProgress(rowsSoFar) {
        if (!bar.isActive) bar.start(expectedRows(sample), 0, { rate: 0 });
        bar.update(rowsSoFar, { rate: rate(rowsSoFar) });
      },
    });
    bar.setTotal(rows);
    bar.update(rows, { rate: rate(rows) });
    return rows;
  } finally {
    bar.stop();
  }
}
