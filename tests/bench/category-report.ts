import pg from 'pg';
import { type Bench, type BenchRun, type Measure, median } from './bench.ts';
import { toolCaller } from './client.ts';
import { startBenchServer } from './server.ts';

const report = (where: string) => `
  select c.category_name, count(*) as lines, sum(i.quantity) as units, sum(i.total_price) as revenue
  from retail.sales_transaction_items i
    join retail.products p using (store_id, product_id)
    join retail.product_categories c using (category_id)
  ${where}
  group by c.category_name
  order by revenue desc`;

const seattle = "where i.store_id = 'seattle'";
const west = "('seattle', 'bellevue', 'redmond', 'kirkland', 'everett', 'tacoma')";

const callers = [
  {
    identity: 'store_manager:seattle',
    what: 'its store',
    asked: report(''),
    bare: report(seattle),
    most: 1.1,
  },
  {
    identity: 'regional_manager:west',
    what: 'one store of six',
    asked: report(seattle),
    bare: report(seattle),
    most: 1.25,
  },
  {
    identity: 'regional_manager:west',
    what: 'its six stores, 750,000 items',
    asked: report(''),
    bare: report(`where i.store_id in ${west}`),
    most: 1.25,
  },
  {
    identity: 'headquarters',
    what: 'one store of eight',
    asked: report(seattle),
    bare: report(seattle),
    most: 1.25,
  },
];
const rounds = 15;

/** What tenancy costs a query that works. */
export const categoryReport: Bench = {
  name: 'category-report',
  title:
    'A category report over 125,000 items: execute_sales_query beside an explicit WHERE as superuser',
  async run(benchRun) {
    const { database, progress } = benchRun;
    await database.load('stores.sql');
    progress('loading a million items');
    await database.load('sales.sql');
    const measures: Measure[] = [];
    for (const caller of callers) measures.push(await compare(caller, benchRun));
    return measures;
  },
};

/** One after the other in turns, so that both meet the same machine. */
async function compare(
  { identity, what, asked, bare, most }: (typeof callers)[number],
  { database, progress }: BenchRun,
): Promise<Measure> {
  progress(`${rounds} rounds as ${identity}, ${what}`);
  const server = await startBenchServer(database, identity);
  const superuser = new pg.Client({ connectionString: database.adminUrl });
  try {
    await superuser.connect();
    const call = toolCaller(server.url, 'execute_sales_query', { postgresql_query: asked });
    const ours: number[] = [];
    const beside: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const text = await timed(ours, call);
      const { rowCount } = await timed(beside, () => superuser.query(bare));
      if (rowCount !== 20 || !text.includes('"row_count":20,')) {
        throw new Error(`not 20 categories: ${rowCount}, ${text}`);
      }
    }
    return {
      measure: `${identity}, ${what}`,
      unit: 'ms',
      ours: median(ours),
      beside: median(beside),
      target: { of: 'ratio', most },
    };
  } finally {
    await superuser.end();
    await server.stop();
  }
}

async function timed<Result>(into: number[], work: () => Promise<Result>): Promise<Result> {
  const start = performance.now();
  const result = await work();
  into.push(performance.now() - start);
  return result;
}
