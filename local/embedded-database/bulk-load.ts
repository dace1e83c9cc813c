import { Writable } from 'node:stream';
import pg from 'pg';
import { RetailError } from '../../shared/infrastructure/errors.ts';
import type { ClientConnection } from './client-connection.ts';
import type { Turn } from './turns.ts';
import { copyData, copyDone, errorFields, readMessages, simpleQuery } from './wire-protocol.ts';

export type CopyOptions = {
  /** The database role that inserts (`set local role`); absent: the superuser. */
  role?: string;
};

/**
 * Streams rows into a table by COPY … CSV (no header); answers the number of rows. A chunk is any
 * number of whole CSV records, each ended by `\n`.
 */
export type CopyInto = (
  table: string,
  columns: readonly string[],
  csvChunks: AsyncIterable<string> | Iterable<string>,
  options?: CopyOptions,
) => Promise<number>;

// biome-ignore lint/suspicious/noExplicitAny: a row is what the query says it is, as in pg
export type Query = <Row = any>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

export type Load = <T>(work: (copyInto: CopyInto, query: Query) => Promise<T>) => Promise<T>;

const batchBytes = 1024 * 1024;

/**
 * Loads rows in one transaction of an ordinary connection, but for COPY, whose rows go to the
 * engine as a whole batch at a time: it cannot wait for them.
 */
export function createLoad(
  connectionString: string,
  connectionOf: (client: pg.Client) => ClientConnection | undefined,
): Load {
  return async (work) => {
    const client = new pg.Client({ connectionString });
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query('begin');
      const turn = connectionOf(client)?.holdTurn();
      if (turn === undefined) throw new Error('a transaction was begun, and has no turn');
      const query: Query = async (sql, values = []) => (await client.query(sql, [...values])).rows;
      const result = await work(copyWithin(query, turn), query);
      await client.query('commit');
      // Whatever ends the engine next, the load need not be replayed from the log.
      await client.query('checkpoint');
      return result;
    } finally {
      await client.end();
    }
  };
}

function copyWithin(query: Query, turn: Turn): CopyInto {
  return async (table, columns, csvChunks, { role } = {}) => {
    const name = table.split('.').map(pg.escapeIdentifier).join('.');
    const list = columns.map(pg.escapeIdentifier).join(', ');
    const copy = simpleQuery(`copy ${name} (${list}) from stdin with (format csv)`);
    let rows = 0;

    const flush = async (batch: readonly Buffer[]) => {
      const answer: Buffer[] = [];
      const collect = new Writable({
        write(chunk: Buffer, _encoding, done) {
          answer.push(chunk);
          done();
        },
      });
      await turn.execute(Buffer.concat([copy, copyData(Buffer.concat(batch)), copyDone]), collect);
      rows += copiedRows(Buffer.concat(answer), `copy into ${table}, after ${rows} rows`);
    };

    await query(`set local role ${role === undefined ? 'none' : pg.escapeIdentifier(role)}`);
    for await (const batch of batches(csvChunks)) await flush(batch);
    await query('set local role none');
    return rows;
  };
}

async function* batches(csvChunks: AsyncIterable<string> | Iterable<string>) {
  let batch: Buffer[] = [];
  let bytes = 0;
  for await (const csv of csvChunks) {
    const chunk = Buffer.from(csv);
    batch.push(chunk);
    bytes += chunk.length;
    if (bytes < batchBytes) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (bytes > 0) yield batch;
}

function copiedRows(answer: Buffer, context: string): number {
  for (const { type, body } of readMessages(answer)) {
    if (type === 'E') {
      const { M: reason, W: where } = errorFields(body);
      const place = where === undefined ? '' : ` (${where})`;
      throw new RetailError('query_failed', `${context}: ${reason}${place}`);
    }
    if (type === 'C') return Number(body.toString('utf8', 0, body.length - 1).split(' ')[1]);
  }
  throw new RetailError('query_failed', `${context}: the engine gave no answer`);
}
