import type { Bench, BenchRun } from './bench.ts';
import { forkBench, messageOf } from './child.ts';
import { toolCaller } from './client.ts';
import { startBenchServer } from './server.ts';

const runs = 7;
const boundMs = 30_000;

/** What the first caller of a new instance waits for; other work on the machine only adds to it. */
export const coldStart: Bench = {
  name: 'cold-start',
  title: `A new process, the least of ${runs}`,
  async run(benchRun) {
    const { database, progress } = benchRun;
    await database.load('stores.sql');
    progress('loading the bundle');
    const loads = await repeat(() => bundleLoad(benchRun));
    progress('starting the server');
    const answers = await repeat(() => firstAnswer(benchRun));
    return [
      {
        measure: 'bundle load',
        unit: 'ms',
        ours: Math.min(...loads),
        target: { of: 'ours', most: 150 },
      },
      {
        measure: 'process start to the first query’s answer',
        unit: 'ms',
        ours: Math.min(...answers),
      },
    ];
  },
};

async function repeat(measure: () => Promise<number>): Promise<number[]> {
  const values = [];
  for (let run = 0; run < runs; run++) values.push(await measure());
  return values;
}

async function bundleLoad({ database }: BenchRun): Promise<number> {
  return messageOf<number>(forkBench('bundle-process.ts', database.settings), boundMs);
}

async function firstAnswer({ database }: BenchRun): Promise<number> {
  const start = performance.now();
  const server = await startBenchServer(database, 'store_manager:seattle');
  try {
    await toolCaller(server.url, 'execute_sales_query', {
      postgresql_query: 'select store_id from retail.stores',
    })();
    return performance.now() - start;
  } finally {
    await server.stop();
  }
}
