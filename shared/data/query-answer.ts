import pg from 'pg';
import { RetailError } from '../infrastructure/errors.ts';
import { type ColumnType, columnTypes, type JsonValue } from './result-values.ts';

export type AnswerLimits = Readonly<{
  /** Rows at the most. */
  maxRows: number;
  /** Bytes of JSON at the most, over all rows. */
  maxBytes: number;
}>;

export type QueryAnswer = Readonly<{
  columns: readonly Readonly<{ name: string; type: string }>[];
  rows: readonly (readonly JsonValue[])[];
  /** More rows, or more bytes, than the limits were to be had. */
  truncated: boolean;
}>;

/** What the wire may carry beyond the JSON of a row before the connection is given up. */
const wireSlack = 65_536;
/** Rows over the byte limit are read and dropped up to this many times the limit, so that the
 * connection lives on; beyond it, ending the connection is cheaper. */
const drainFactor = 8;

type Wire = { stream: NodeJS.ReadableStream & { destroy(): void } };

/**
 * Runs SQL that we did not write, and reads its answer within limits.
 *
 * The extended protocol takes one statement only. Wrapped as a sub-select, a statement that is no
 * query is a syntax error; the newlines keep a trailing comment from swallowing the bracket. Bytes
 * are counted as they arrive on the socket, because the driver reads a whole row before it shows
 * one: a single `repeat('a', 600000000)` would end the process.
 *
 * @throws RetailError `answer_too_large` when the first row alone is over the limit.
 */
export async function readAnswer(
  client: pg.PoolClient,
  sql: string,
  { maxRows, maxBytes }: AnswerLimits,
): Promise<QueryAnswer> {
  const { stream } = (client as unknown as { connection: Wire }).connection;
  const rows: JsonValue[][] = [];
  let types: ColumnType[] | undefined;
  let jsonBytes = 0;
  let wireBytes = 0;
  let wireBytesOfRow = 0;
  let truncated = false;
  let cut = false;
  let unreadable: { error: unknown } | undefined;

  const onData = (chunk: Buffer) => {
    wireBytes += chunk.length;
    wireBytesOfRow += chunk.length;
    if (wireBytesOfRow > maxBytes + wireSlack || wireBytes > drainFactor * maxBytes + wireSlack) {
      cut = true;
      stream.destroy();
    }
  };
  stream.prependListener('data', onData);

  try {
    const query = new pg.Query({
      text: `select * from (\n${sql}\n) as answer limit ${maxRows + 1}`,
      rowMode: 'array',
      queryMode: 'extended',
      types: { getTypeParser: () => (text: string) => text },
    } as unknown as pg.QueryArrayConfig);

    const keep = (texts: readonly (string | null)[], fields: pg.FieldDef[]) => {
      types ??= columnTypes(fields);
      const row = texts.map((text, index) =>
        text === null ? null : (types?.[index]?.read(text) ?? text),
      );
      jsonBytes += Buffer.byteLength(JSON.stringify(row)) + 1;
      truncated = rows.length === maxRows || jsonBytes > maxBytes;
      if (!truncated) rows.push(row);
    };
    query.on('row', (texts: unknown, result) => {
      wireBytesOfRow = 0;
      if (truncated || unreadable) return;
      // Thrown in here, on the socket's turn, it would end the process.
      try {
        keep(texts as (string | null)[], result?.fields ?? []);
      } catch (error) {
        unreadable = { error };
      }
    });

    const fields = await new Promise<pg.FieldDef[]>((resolve, reject) => {
      query.on('end', (result) => resolve(result.fields));
      query.on('error', reject);
      client.query(query);
    }).catch((error: unknown) => {
      if (cut && rows.length > 0) return [];
      throw cut ? rowTooLarge(maxBytes, error) : error;
    });
    if (unreadable) throw unreadable.error;
    if (truncated && rows.length === 0) throw rowTooLarge(maxBytes);
    types ??= columnTypes(fields);
    const names = cut ? new Map<number, string>() : await otherTypeNames(client, types);
    return {
      columns: types.map(({ name, type, typeId }) => ({
        name,
        type: type ?? names.get(typeId) ?? 'unknown',
      })),
      rows,
      truncated: truncated || cut,
    };
  } finally {
    stream.removeListener('data', onData);
  }
}

/**
 * Names of types that an extension or a schema brings. The transaction of the answer is over by
 * then: this runs as the login, which can read the system catalogs and nothing else.
 */
async function otherTypeNames(
  client: pg.PoolClient,
  types: readonly ColumnType[],
): Promise<Map<number, string>> {
  const typeIds = types.filter(({ type }) => type === undefined).map(({ typeId }) => typeId);
  if (typeIds.length === 0) return new Map();
  const { rows } = await client.query<{ id: number; name: string }>(
    `select type.oid as id, coalesce(element.typname || '[]', type.typname) as name
      from pg_catalog.pg_type as type left join pg_catalog.pg_type as element on element.typarray = type.oid
      where type.oid = any ($1)`,
    [typeIds],
  );
  return new Map(rows.map(({ id, name }) => [id, name]));
}

function rowTooLarge(maxBytes: number, cause?: unknown): RetailError {
  return new RetailError('answer_too_large', `One row alone is over ${maxBytes} bytes.`, {
    hint: 'Select fewer columns, or shorten long values with left(value, n).',
    cause,
  });
}
