import type { Bench } from './bench.ts';
import { forkBench, messageOf } from './child.ts';
import { toolCaller } from './client.ts';
import type { BenchDatabase } from './database.ts';
import { drive, type Load } from './load.ts';
import { type BenchServer, startBenchServer } from './server.ts';

type Loaded = Load & Readonly<{ cpuMicroseconds: number }>;

const sql = 'select store_id, store_name, region from retail.stores';
const clients = 16;
const seconds = 2;
const rounds = 5;

/** What one call costs when the query itself costs next to nothing. */
export const lightQuery: Bench = {
  name: 'light-query',
  title: `A light query, ${clients} clients: execute_sales_query over HTTP beside a pipelined transaction`,
  async run({ database, progress }) {
    await database.load('stores.sql');
    const server = await startBenchServer(database, 'store_manager:seattle');
    const ours: Loaded[] = [];
    const beside: Loaded[] = [];
    try {
      for (let round = 1; round <= rounds; round++) {
        progress(`round ${round} of ${rounds}: through the server`);
        ours.push(await throughServer(server));
        progress(`round ${round} of ${rounds}: straight over pg`);
        beside.push(await overDriver(database));
      }
    } finally {
      await server.stop();
    }
    // Other work on the machine can only make a round slower.
    const [our, their] = [best(ours), best(beside)];
    return [
      {
        measure: 'throughput',
        unit: 'calls/s',
        ours: our.callsPerSecond,
        beside: their.callsPerSecond,
        target: { of: 'ratio', least: 0.15 },
      },
      {
        measure: 'CPU of the process',
        unit: 'µs a call',
        ours: our.cpuMicroseconds,
        beside: their.cpuMicroseconds,
        target: { of: 'ours', most: 900 },
      },
      { measure: 'p50', unit: 'ms', ours: our.p50, beside: their.p50 },
      { measure: 'p95', unit: 'ms', ours: our.p95, beside: their.p95 },
      { measure: 'p99', unit: 'ms', ours: our.p99, beside: their.p99 },
    ];
  },
};

async function throughServer(server: BenchServer): Promise<Loaded> {
  const query = toolCaller(server.url, 'execute_sales_query', { postgresql_query: sql });
  const call = async () => {
    const text = await query();
    if (!text.includes('"row_count":1,')) throw new Error(`not one row: ${text}`);
  };
  await drive(call, { clients, seconds: 1 });
  const before = await server.usage();
  const load = await drive(call, { clients, seconds });
  const after = await server.usage();
  const cpuMicroseconds = (after.cpuMicroseconds - before.cpuMicroseconds) / load.calls;
  return { ...load, cpuMicroseconds };
}

async function overDriver(database: BenchDatabase): Promise<Loaded> {
  const child = forkBench('light-query-baseline.ts');
  child.send({
    url: database.appUrl,
    key: database.settings.CONTEXT_SIGNING_KEY,
    sql,
    clients,
    seconds,
  });
  try {
    return await messageOf<Loaded>(child, (seconds + 30) * 1_000);
  } finally {
    child.kill();
  }
}

function best(loads: readonly Loaded[]): Loaded {
  const [fastest] = loads.toSorted((a, b) => b.callsPerSecond - a.callsPerSecond);
  if (!fastest) throw new Error('no round was run');
  const cpuMicroseconds = Math.min(...loads.map((load) => load.cpuMicroseconds));
  return { ...fastest, cpuMicroseconds };
}
