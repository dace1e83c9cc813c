import { parseArgs } from 'node:util';
import pg from 'pg';
import { installContextKey } from '../shared/data/context-keys.ts';
import { migrate } from '../shared/data/migrations.ts';
import { parseContextKey } from '../shared/infrastructure/config.ts';
import { RetailError } from '../shared/infrastructure/errors.ts';

const usage = `npm run db:migrate

Applies the migrations of sql/migrations that the database has not had, all of them or none, and
installs the key that signs tenant contexts.

  DATABASE_MAINTENANCE_URL  the database, with a login that may migrate it: for the first time a
                            superuser or an administrator with CREATEROLE, later retail_maintenance
  DATABASE_URL              used when DATABASE_MAINTENANCE_URL is not set
  CONTEXT_SIGNING_KEY       <kid>:<base64 of at least 32 random bytes>; optional`;

await main().catch((error: unknown) => {
  const { message, hint } = error as { message: string; hint?: string };
  console.error(hint ? `${message}\n${hint}` : message);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    console.log(usage);
    return;
  }

  const { DATABASE_MAINTENANCE_URL, DATABASE_URL, CONTEXT_SIGNING_KEY } = process.env;
  const connectionString = DATABASE_MAINTENANCE_URL ?? DATABASE_URL;
  if (!connectionString) {
    throw new RetailError('invalid_request', 'DATABASE_MAINTENANCE_URL is not set.', {
      hint: 'Set it to the connection string of the database to migrate.',
    });
  }
  const key = CONTEXT_SIGNING_KEY ? parseContextKey(CONTEXT_SIGNING_KEY) : undefined;

  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    const applied = await migrate(client, {
      onProgress: ({ file, number, of }) => console.log(`${number}/${of} ${file}`),
    });
    console.log(applied.length > 0 ? 'The database is up to date.' : 'Nothing to apply.');
    if (key) {
      await installContextKey(client, key);
      console.log(`Context key "${key.kid}" is installed.`);
    }
  } finally {
    await client.end();
  }
}
