import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { z } from 'zod';
import { RetailError } from '../../shared/infrastructure/errors.ts';

const text = (longest: number) =>
  z
    .string()
    .trim()
    .min(1, 'is empty')
    .max(longest, `is longer than ${longest} characters`)
    .refine((value) => !value.includes('\0'), 'holds a zero byte');

/** The columns of a catalogue file. */
const catalogueRow = z.object({
  name: text(200),
  sku: text(64),
  /** In cents; below five of them no discount of 5–25% is a whole cent. */
  price: z
    .string()
    .trim()
    .regex(/^\d{1,8}(\.\d{1,2})?$/, 'is not an amount such as 12.50')
    .transform((amount) => Math.round(Number(amount) * 100))
    .refine((cents) => cents >= 5, 'is less than 0.05'),
  description: text(10_000),
  stock_level: z
    .string()
    .trim()
    .regex(/^\d{1,7}$/, 'is not a whole number of units')
    .transform(Number),
  main_category: text(100),
  subcategory: text(100),
});
export type CatalogueRow = z.infer<typeof catalogueRow>;

type CatalogueColumn = keyof CatalogueRow;
const catalogueColumns = catalogueRow.keyof().options;

/** A CSV record and the line of the file that it begins on. */
type CsvRecord = { fields: readonly string[]; line: number };

/**
 * Reads a catalogue from CSV with a header: UTF-8 with or without a byte order mark, any line ends,
 * columns in any order, other columns ignored.
 *
 * @throws RetailError that lists every bad row with its line number and reason.
 */
export async function readCatalogueFile(path: string): Promise<CatalogueRow[]> {
  const file = basename(path);
  const [header, ...records] = readRecords(await readText(path), file);
  if (!header) throw unusable(file, ['line 1: there is no header']);
  const positions = columnPositions(header, file);
  if (records.length === 0) throw unusable(file, ['line 2: there are no products']);

  const rows: CatalogueRow[] = [];
  const problems: string[] = [];
  const linesBySku = new Map<string, number>();
  for (const { fields, line } of records) {
    if (fields.length !== header.fields.length) {
      const counts = `${fields.length} fields where the header has ${header.fields.length}`;
      problems.push(`line ${line}: ${counts}`);
      continue;
    }
    const named = Object.fromEntries(
      catalogueColumns.map((column) => [column, fields[positions[column]]]),
    );
    const { data: row, error } = catalogueRow.safeParse(named);
    if (row) rows.push(row);
    for (const { path, message } of error?.issues ?? []) {
      problems.push(`line ${line}: ${path.join('.')} ${message}`);
    }
    const sku = named.sku?.trim() ?? '';
    const earlier = linesBySku.get(sku);
    if (earlier === undefined) linesBySku.set(sku, line);
    else if (sku) problems.push(`line ${line}: sku ${sku} is on line ${earlier} already`);
  }
  if (problems.length > 0) throw unusable(file, problems);
  return rows;
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readFile(path);
    // One form of line end, so that the parser counts lines within quotes right.
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replaceAll('\r\n', '\n');
  } catch (cause) {
    const notText = cause instanceof TypeError;
    const { code = 'unreadable' } = cause as { code?: string };
    throw new RetailError(
      'invalid_request',
      notText ? `${path} is not UTF-8 text.` : `${path} cannot be read (${code}).`,
      {
        hint: notText ? 'Save it as "CSV UTF-8".' : 'Give --catalog the path of a CSV file.',
        cause,
      },
    );
  }
}

function readRecords(csv: string, file: string): CsvRecord[] {
  try {
    const records = parse(csv, { info: true, skip_empty_lines: true, relax_column_count: true });
    return (records as unknown as { record: string[]; info: { lines: number } }[]).map(
      ({ record, info }) => ({
        fields: record,
        line: info.lines - (record.join('').split('\n').length - 1),
      }),
    );
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw unusable(file, [`line ${error.lines}: ${error.message}`]);
  }
}

function columnPositions({ fields }: CsvRecord, file: string): Record<CatalogueColumn, number> {
  const names = fields.map((name) => name.trim());
  const problems = catalogueColumns.flatMap((column) => {
    const found = names.filter((name) => name === column).length;
    if (found === 1) return [];
    return [`line 1: column ${column} ${found === 0 ? 'is missing' : 'is there twice'}`];
  });
  if (problems.length > 0) throw unusable(file, problems);
  return Object.fromEntries(
    catalogueColumns.map((column) => [column, names.indexOf(column)]),
  ) as Record<CatalogueColumn, number>;
}

function unusable(file: string, problems: readonly string[]): RetailError {
  const message = [`${file} cannot be loaded:`, ...problems].join('\n  ');
  return new RetailError('invalid_request', message, { hint: 'Nothing was changed.' });
}
