import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import { toolCaller } from './client.ts';
import { type BenchServer, startBenchServer } from './server.ts';

const clients = 16;
const sql = 'select store_id, store_name, region from retail.stores';

/** Whether calls leave anything behind: the resident set of the server's process. */
export const memory: Bench = {
  name: 'memory',
  title: `Memory of the server’s process (RSS), ${clients} clients`,
  async run({ database, progress }) {
    await database.load('stores.sql');
    const server = await startBenchServer(database, 'store_manager:seattle');
    try {
      const call = toolCaller(server.url, 'execute_sales_query', { postgresql_query: sql });
      await call();
      const atRest = await megabytes(server);
      progress('5,000 calls');
      await times(5_000, call);
      const after5000 = await megabytes(server);
      progress('5,000 more');
      await times(5_000, call);
      const after10000 = await megabytes(server);
      return [
        { measure: 'at rest', unit: 'MB', ours: atRest, target: { of: 'ours', most: 150 } },
        {
          measure: 'after 5,000 calls',
          unit: 'MB',
          ours: after5000,
          target: { of: 'ours', most: 250 },
        },
        {
          measure: 'after 10,000 calls, beside 5,000',
          unit: 'MB',
          ours: after10000,
          beside: after5000,
          target: { of: 'ratio', most: 1.05 },
        },
      ];
    } finally {
      await server.stop();
    }
  },
};

async function times(calls: number, call: () => Promise<unknown>): Promise<void> {
  let left = calls;
  const client = async () => {
    while (left-- > 0) await call();
  };
  await Promise.all(Array.from({ length: clients }, client));
}

/** After a moment's rest, in which the engine frees what it defers. */
async function megabytes(server: BenchServer): Promise<number> {
  await delay(1_000);
  const { rssBytes } = await server.usage();
  return rssBytes / 1e6;
}
