import { parseArgs } from 'node:util';
import type pg from 'pg';
import { RetailError } from '../shared/infrastructure/errors.ts';
import { withMaintenanceDatabase } from './maintenance-database.ts';
import { readCatalogueFile } from './sample-data/catalogue-file.ts';
import { importCatalogue } from './sample-data/imported-catalogue.ts';
import { loadSampleData } from './sample-data/load-sample-data.ts';
import { defaultSeed, type SizeName, sizes } from './sample-data/sizes.ts';

const usage = `npm run data -- [options]

Loads sample data into a migrated database: stores, customers and two years of sales up to yesterday
(UTC), over an invented catalogue or a real one. Everything is loaded, or nothing.

  --size S        ${describeSizes()}
  --catalog FILE  products from a CSV file with the columns name, sku, price, description,
                  stock_level, main_category and subcategory, instead of invented ones
  --seed N        another number, other data (default ${defaultSeed})
  --replace       delete what the database holds; readers wait until the new data is there
  --help          show this text

  DATABASE_MAINTENANCE_URL  the database, with a login that may load it, such as retail_maintenance
  DATABASE_URL              used when DATABASE_MAINTENANCE_URL is not set, then PGHOST and the like

When none is set, the data goes into the embedded database in .local/, while npm start is not running.`;

type Options = Readonly<{
  size: SizeName;
  seed: number;
  replace: boolean;
  catalogFile: string | undefined;
}>;

await main().catch((error: unknown) => {
  const { message, hint } = error as { message: string; hint?: string };
  console.error(hint ? `${message}\n${hint}` : message);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const options = readOptions();
  if (!options) {
    console.log(usage);
    return;
  }
  const { size, seed, replace, catalogFile } = options;
  // Read before anything is opened: a bad file changes nothing.
  const catalogue = catalogFile && importCatalogue(await readCatalogueFile(catalogFile), seed);
  const load = async (client: pg.Client) => {
    const sample = { size, seed, replace, ...(catalogue && { catalogue }) };
    const rows = await loadSampleData(client, sample);
    console.log(`Loaded ${rows.toLocaleString('en')} rows.`);
  };

  await withMaintenanceDatabase(load);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      size: { type: 'string', default: 'small' },
      seed: { type: 'string', default: String(defaultSeed) },
      replace: { type: 'boolean', default: false },
      catalog: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return undefined;
  if (!isSize(values.size)) {
    throw new RetailError('invalid_request', `--size ${values.size} is not a size.`, {
      hint: `Choose one of ${Object.keys(sizes).join(', ')}.`,
    });
  }
  if (!/^\d{1,9}$/.test(values.seed)) {
    throw new RetailError('invalid_request', `--seed ${values.seed} is not a seed.`, {
      hint: 'Give a whole number of at most nine digits.',
    });
  }
  return {
    size: values.size,
    seed: Number(values.seed),
    replace: values.replace,
    catalogFile: values.catalog,
  };
}

function isSize(name: string): name is SizeName {
  return Object.hasOwn(sizes, name);
}

/** One line for each size, in the column of the explanations. */
function describeSizes(): string {
  return Object.entries(sizes)
    .map(([name, { products, customers, transactions }]) => {
      const count = (number: number) => number.toLocaleString('en');
      return `${name}: ${count(products)} products, ${count(customers)} customers, ${count(transactions)} transactions`;
    })
    .join(`;\n${' '.repeat(18)}`);
}
