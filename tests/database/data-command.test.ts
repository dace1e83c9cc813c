import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applicationRoot } from '../../shared/infrastructure/application-root.ts';
import { freshDatabase, type TestDatabase } from '../support/fresh-database.ts';

// npm run data, as a user runs it.

const realCatalogue = join(applicationRoot(), '../shared/data/zava_products.csv');

let database: TestDatabase;
let admin: pg.Client;
let directory: string;

beforeAll(async () => {
  database = await freshDatabase();
  directory = await mkdtemp(join(tmpdir(), 'data-command-'));
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await database?.close();
  await rm(directory, { recursive: true, force: true });
});

function runData(...parameters: string[]) {
  return new Promise<{ code: number; output: string; errors: string }>((done) => {
    const child = execFile(
      process.execPath,
      [join(applicationRoot(), 'local/data.ts'), ...parameters],
      {
        env: { ...process.env, DATABASE_MAINTENANCE_URL: database.maintenanceUrl },
        timeout: 60_000,
      },
      (_error, output, errors) => done({ code: child.exitCode ?? -1, output, errors }),
    );
  });
}

const rowsOf = async (sql: string) => (await admin.query(sql)).rows;

describe('a mistake is answered with its remedy, before anything is done:', () => {
  test.each([
    [['--size', 'huge'], /--size huge is not a size\.\nChoose one of small, medium, large\./],
    [['--seed', 'x'], /--seed x is not a seed/],
    [['--sise', 'small'], /Unknown option '--sise'/],
    [['--catalog', 'none.csv'], /none\.csv cannot be read \(ENOENT\)/],
  ])('%j', async (parameters, message) => {
    const { code, errors } = await runData(...parameters);
    expect(code).toBe(1);
    expect(errors).toMatch(message);
    expect(await rowsOf('select store_id from retail.stores')).toEqual([]);
  });

  test('a bad catalogue', async () => {
    const file = join(directory, 'bad.csv');
    await writeFile(
      file,
      'name,sku,price,description,stock_level,main_category,subcategory\na,1,2,d,5,M,S\nb,2,free,d,5,M,S\n',
    );
    const { code, errors } = await runData('--replace', '--catalog', file);
    expect(code).toBe(1);
    expect(errors).toContain('line 3: price is not an amount');
    expect(await rowsOf('select store_id from retail.stores')).toEqual([]);
  });
});

test('--help explains itself', async () => {
  const { code, output } = await runData('--help');
  expect(code).toBe(0);
  expect(output).toContain('--catalog FILE');
  expect(output).toContain('small: 500 products, 2,000 customers, 5,000 transactions');
});

test('loads the small sample once, and replaces it when told to', async () => {
  const first = await runData();
  expect(first.code).toBe(0);
  expect(first.output).toMatch(/^Loaded 19,\d{3} rows\.\n$/);
  expect(first.errors).toMatch(/100% 19\d{3} rows, \d+ rows\/s/);
  const again = await runData();
  expect(again).toMatchObject({ code: 1, output: '' });
  expect(again.errors).toContain('Add --replace');

  const customers = 'select customer_id from retail.customers order by 1 limit 3';
  const before = await rowsOf(customers);
  expect((await runData('--replace', '--seed', '7')).code).toBe(0);
  expect(await rowsOf(customers)).not.toEqual(before);
});

describe('a real catalogue', () => {
  test.skipIf(!existsSync(realCatalogue))(
    'is loaded in place of the invented one (skipped where ../shared/data/zava_products.csv is not)',
    async () => {
      expect((await runData('--replace', '--catalog', realCatalogue)).code).toBe(0);

      const file: Record<string, string>[] = parse(await readFile(realCatalogue), {
        columns: true,
        bom: true,
      });
      const products = await rowsOf(
        `select sku, min(product_name) as name, min(product_description) as description,
           min(price)::float8 as price, sum(current_stock)::int as stock_level,
           min(main.category_name) as main_category, min(sub.category_name) as subcategory,
           count(distinct product_id)::int as ids, bool_and(cost / price between 0.4 and 0.7) as cost
         from retail.products
         join retail.product_categories as sub using (category_id)
         join retail.product_categories as main on main.category_id = sub.parent_category_id
         group by sku
         order by sku collate "C"`,
      );
      expect(products).toEqual(
        file
          .map((row) => ({
            sku: row.sku,
            name: row.name,
            description: row.description,
            price: Number(row.price),
            stock_level: Number(row.stock_level),
            main_category: row.main_category,
            subcategory: row.subcategory,
            ids: 1,
            cost: true,
          }))
          .sort((one, other) => ((one.sku ?? '') < (other.sku ?? '') ? -1 : 1)),
      );
      expect(products).toHaveLength(423);

      const sales = await rowsOf(
        `select store_id, count(distinct sub.parent_category_id)::int as departments
         from retail.sales_transaction_items
         join retail.products using (store_id, product_id)
         join retail.product_categories as sub using (category_id)
         group by store_id`,
      );
      expect(sales).toHaveLength(8);
      expect(new Set(sales.map(({ departments }) => departments))).toEqual(new Set([9]));
    },
  );
});
