import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readCatalogueFile } from '../../local/sample-data/catalogue-file.ts';
import { importCatalogue } from '../../local/sample-data/imported-catalogue.ts';
import { RetailError } from '../../shared/infrastructure/errors.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'catalogue-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const header = 'name,sku,price,description,stock_level,main_category,subcategory';
const hammer = 'Claw Hammer,H1,28,"A hammer, of steel.",25,TOOLS,HAMMERS';

async function fileOf(content: string | Buffer): Promise<string> {
  const path = join(directory, 'products.csv');
  await writeFile(path, content);
  return path;
}

const read = async (...lines: string[]) => readCatalogueFile(await fileOf(`${lines.join('\n')}\n`));

/** What is said of a file that cannot be loaded, without the first line that names it. */
async function problems(reading: Promise<unknown>): Promise<string[]> {
  const error = await reading.then(
    () => expect.fail('the file was accepted'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RetailError);
  const { code, message, hint } = error as RetailError;
  expect([code, hint]).toEqual(['invalid_request', 'Nothing was changed.']);
  const [first, ...rest] = message.split('\n');
  expect(first).toBe('products.csv cannot be loaded:');
  return rest.map((line) => line.trim());
}

describe('a good file', () => {
  const wanted = {
    name: 'Claw Hammer',
    sku: 'H1',
    price: 2800,
    description: 'A hammer, of steel.',
    stock_level: 25,
    main_category: 'TOOLS',
    subcategory: 'HAMMERS',
  };

  test('is read', async () => {
    expect(await read(header, hammer)).toEqual([wanted]);
  });

  test('may have its columns in any order, and others between them', async () => {
    const lines = [
      'sku,image_path,name,subcategory,main_category,price,stock_level,description',
      'H1,h.png,Claw Hammer,HAMMERS,TOOLS,28.00,25,"A hammer, of steel."',
    ];
    expect(await read(...lines)).toEqual([wanted]);
  });

  test('may come from a spreadsheet: byte order mark, CRLF, blank lines, no newline at the end', async () => {
    const path = await fileOf(
      `\uFEFF${header}\r\n\r\n${hammer}\r\n\r\n${hammer.replace('H1', 'H2')}`,
    );
    expect((await readCatalogueFile(path)).map(({ sku }) => sku)).toEqual(['H1', 'H2']);
  });

  test('keeps every cent of a price', async () => {
    const prices = ['0.05', '1.1', '4.35', '1.15', '19.99', '99999999.99'];
    const rows = prices.map((price, index) => `n,s${index},${price},d,0,M,S`);
    expect((await read(header, ...rows)).map(({ price }) => price)).toEqual([
      5, 110, 435, 115, 1_999, 9_999_999_999,
    ]);
  });
});

describe('a bad file', () => {
  test('is reported row by row, each reason with its line', async () => {
    const multiline = 'a,H2,2,"two\r\nlines",5,M,S';
    const path = await fileOf(
      [
        header,
        multiline, // lines 2 and 3
        '', // line 4
        'b,H3,-3,d,x,M,S',
        'c,H4,12.345,d,1.5,M,S',
        ',H5,0.01,,1,,S',
        'd,H6,1,d',
        `e,H2,1,d,1,M,${'S'.repeat(101)}`,
      ].join('\r\n'),
    );
    expect(await problems(readCatalogueFile(path))).toEqual([
      'line 5: price is not an amount such as 12.50',
      'line 5: stock_level is not a whole number of units',
      'line 6: price is not an amount such as 12.50',
      'line 6: stock_level is not a whole number of units',
      'line 7: name is empty',
      'line 7: price is less than 0.05',
      'line 7: description is empty',
      'line 7: main_category is empty',
      'line 8: 4 fields where the header has 7',
      'line 9: subcategory is longer than 100 characters',
      'line 9: sku H2 is on line 2 already',
    ]);
  });

  test('is told which columns it lacks or has twice', async () => {
    expect(await problems(read('name,sku,price,price,stock_level', 'a,b,1,1,1'))).toEqual([
      'line 1: column price is there twice',
      'line 1: column description is missing',
      'line 1: column main_category is missing',
      'line 1: column subcategory is missing',
    ]);
  });

  test('may be broken CSV', async () => {
    const [problem] = await problems(read(header, hammer, 'a,"b,1,d,1,M,S'));
    expect(problem).toMatch(/^line \d+: Quote Not Closed/);
  });

  test('may be empty, or a header alone', async () => {
    expect(await problems(fileOf('').then(readCatalogueFile))).toEqual([
      'line 1: there is no header',
    ]);
    expect(await problems(read(header))).toEqual(['line 2: there are no products']);
  });

  test('may not be there, or not be text', async () => {
    await expect(readCatalogueFile(join(directory, 'none.csv'))).rejects.toThrow(
      /none\.csv cannot be read \(ENOENT\)/,
    );
    const latin1 = await fileOf(Buffer.from([...Buffer.from(`${header}\nCaf`), 0xe9]));
    await expect(readCatalogueFile(latin1)).rejects.toThrow(/is not UTF-8 text/);
  });
});

describe('an imported catalogue', () => {
  test('has a tree of categories, in which a name may occur below two parents', async () => {
    const rows = await read(
      header,
      'a,1,2,d,5,TOOLS,HAND TOOLS',
      'b,2,2,d,5,GARDEN,HAND TOOLS',
      'c,3,2,d,5,TOOLS,SAWS',
    );
    const { categories } = importCatalogue(rows, 1);
    const name = (id: number | null) =>
      categories.find(({ categoryId }) => categoryId === id)?.name;
    expect(categories.map((row) => [row.name, name(row.parentCategoryId)])).toEqual([
      ['TOOLS', undefined],
      ['HAND TOOLS', 'TOOLS'],
      ['SAWS', 'TOOLS'],
      ['GARDEN', undefined],
      ['HAND TOOLS', 'GARDEN'],
    ]);
  });

  test('gives a product the same id and cost wherever it stands in the file', async () => {
    const other = 'Saw,S1,12.50,d,5,TOOLS,SAWS';
    const items = async (...lines: string[]) =>
      importCatalogue(await read(header, ...lines), 1)
        .departments.flatMap((department) => department.items)
        .map(({ sku, productId, cost }) => `${sku} ${productId} ${cost}`)
        .sort();
    expect(await items(hammer, other)).toEqual(await items(other, hammer));
  });
});
