import { openAsBlob } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { pg_stat_statements } from '@electric-sql/pglite/contrib/pg_stat_statements';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto';
import { vector } from '@electric-sql/pglite-pgvector';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

type Call = { id: number; method: string; parameters: object };

let database: PGlite;
let server: PGLiteSocketServer;

const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
const quoteTable = (name: string) => name.split('.').map(quote).join('.');

function message(type: string, text: string) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

// biome-ignore lint/suspicious/noExplicitAny: replaced by the typed protocol
const methods: Record<string, (parameters: any) => Promise<unknown>> = {
  async open({ directory, load, port }) {
    database = await PGlite.create({
      dataDir: `${directory}/cluster`,
      extensions: { vector, pgcrypto, pg_trgm, pg_stat_statements },
      ...(load === undefined ? {} : { loadDataDir: await openAsBlob(load) }),
    });
    server = new PGLiteSocketServer({ db: database, port, host: '127.0.0.1', maxConnections: 20 });
    await server.start();
    return { port: Number(server.getServerConn().split(':')[1]) };
  },
  async begin() {
    await database.exec('begin');
  },
  async commit() {
    await database.exec('commit');
  },
  async rollback() {
    await database.exec('rollback');
  },
  async query({ sql, values }) {
    return (await database.query(sql, values)).rows;
  },
  async copy({ table, columns, csv, role }) {
    await database.exec(
      role === undefined ? 'set local role none' : `set local role ${quote(role)}`,
    );
    const copy = `copy ${quoteTable(table)} (${columns.map(quote).join(', ')}) from stdin with (format csv)`;
    const { messages } = await database.execProtocol(
      Buffer.concat([message('Q', `${copy}\0`), message('d', csv), message('c', '')]),
    );
    const complete = messages.find(({ name }) => name === 'commandComplete');
    return Number((complete as { text?: string })?.text?.split(' ')[1]);
  },
  async dump({ file }) {
    await writeFile(file, (await database.dumpDataDir('gzip')).stream());
  },
  async close() {
    await server.stop();
    await database.close();
    setImmediate(() => process.exit(0));
  },
};

process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', async ({ id, method, parameters }: Call) => {
  try {
    process.send?.({ id, value: await methods[method]?.(parameters) });
  } catch (error) {
    process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
  }
});
