import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ClientBase } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { loadTables } from '../../local/sample-data/load.ts';
import { sampleData } from '../../local/sample-data/sample-data.ts';
import { withClient } from '../support/with-client.ts';
import type { Bench } from './bench.ts';
import type { BenchDatabase } from './database.ts';

/** In the order in which foreign keys allow it. */
const tables = [
  'stores',
  'product_categories',
  'products',
  'customers',
  'sales_transactions',
  'sales_transaction_items',
];

/** What making the sample data and loading it as a role that policies bind costs. */
export const sampleLoad: Bench = {
  name: 'sample-load',
  title: 'Sample data (large; small on the embedded engine): the loader beside COPY as superuser',
  async run({ database: { another, engine }, progress }) {
    const database = await another();
    try {
      progress('the loader');
      const size = engine === 'native' ? 'large' : 'small';
      let rows = 0;
      const ours = await seconds(async () => {
        rows = await withClient(database.maintenanceUrl, (client) =>
          loadTables(client, sampleData({ size })),
        );
      });
      // COPY through the embedded engine's socket drops the connection.
      const copied = engine === 'native' ? await copyAgain(database, progress) : undefined;
      return [
        {
          measure: size,
          unit: 'rows/s',
          ours: rows / ours,
          ...(copied && { beside: copied.rows / copied.seconds }),
          ...(engine === 'native' && { target: { of: 'ours', least: 30_000 } }),
        },
      ];
    } finally {
      await database.drop();
    }
  },
};

/** Writes what the tables hold to files, empties them and copies it back in one transaction. */
async function copyAgain({ adminUrl }: BenchDatabase, progress: (text: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'retail-bench-'));
  const fileOf = (table: string) => join(folder, table);
  try {
    return await withClient(adminUrl, async (client) => {
      progress('writing the rows to files');
      for (const table of tables) {
        const out = client.query(copyTo(`copy ${await copyTarget(client, table)} to stdout`));
        await pipeline(out, createWriteStream(fileOf(table)));
      }
      await client.query('truncate retail.stores, retail.product_categories cascade');
      progress('COPY');
      let rows = 0;
      const taken = await seconds(async () => {
        await client.query('begin');
        for (const table of tables) {
          const into = client.query(copyFrom(`copy ${await copyTarget(client, table)} from stdin`));
          await pipeline(createReadStream(fileOf(table)), into);
          rows += into.rowCount;
        }
        await client.query('commit');
      });
      return { rows, seconds: taken };
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A table with the columns that can be written: not those that it computes itself. */
async function copyTarget(client: ClientBase, table: string): Promise<string> {
  const { rows } = await client.query<{ columns: string }>(
    `select string_agg(quote_ident(attname), ', ' order by attnum) as columns from pg_attribute
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`,
    [`retail.${table}`],
  );
  return `retail.${table} (${rows[0]?.columns})`;
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}
