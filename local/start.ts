import { rm, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../shared/infrastructure/config.ts';
import { bundle } from './build.ts';
import { startFunctionsHost } from './functions-host/index.ts';
import { type LocalDatabase, startLocalDatabase } from './local-database.ts';
import { startLocalIssuer } from './local-issuer.ts';
import { localState, root } from './local-state.ts';

const help = `Starts the retail MCP server on this machine, with a database of its own.

Usage: npm start -- [options]

  --port N    port of the endpoint on 127.0.0.1 (default 7071)
  --size S    sample data of a new database: small, medium or large (default small)
  --fresh     drop the local database first
  --auth      ask for tokens: of AUTH_ISSUER, or else of this machine (npm run token)
  --help      show this text

The database is kept in .local/ and found again by the next start. When DATABASE_URL or PGHOST is
set, that PostgreSQL is used instead; run npm run db:migrate on it first.`;

const sizes = ['small', 'medium', 'large'] as const;

type Options = { port: number; size: (typeof sizes)[number]; fresh: boolean; auth: boolean };

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '7071' },
      size: { type: 'string', default: 'small' },
      fresh: { type: 'boolean', default: false },
      auth: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`--port must be a number from 0 to 65535, not ${values.port}`);
  }
  const size = sizes.find((name) => name === values.size);
  if (!size) throw new Error(`--size must be one of ${sizes.join(', ')}, not ${values.size}`);
  return { port, size, fresh: values.fresh, auth: values.auth };
}

async function start({ port, size, fresh, auth }: Options): Promise<void> {
  // Tools for containers set it too, and this process is started by hand and answers on loopback
  // only. The app itself still takes it for a mark of Azure.
  delete process.env.CONTAINER_NAME;
  if (auth) process.env.AUTH_MODE = 'jwt';
  process.env.AUTH_MODE ??= 'local';

  const stops: (() => Promise<void>)[] = [];
  const stop = once(async () => {
    for (const step of stops.reverse()) await step();
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      console.log('\nStopping …');
      stop().then(
        () => process.exit(0),
        (error) => fail(error),
      );
    });
  }

  try {
    await bundle();
    if (!process.env.DATABASE_URL && !process.env.PGHOST) {
      if (fresh) await rm(localState.database, { recursive: true, force: true });
      const database: LocalDatabase = await startLocalDatabase({ size });
      stops.push(database.stop);
      Object.assign(process.env, database.settings);
      await writeFile(localState.databaseUrl, database.settings.DATABASE_URL ?? '', {
        mode: 0o600,
      });
      stops.push(() => rm(localState.databaseUrl, { force: true }));
    }
    const { AUTH_MODE, AUTH_ISSUER, ENTRA_TENANT_ID } = process.env;
    const issuesOwnTokens = AUTH_MODE === 'jwt' && !AUTH_ISSUER && !ENTRA_TENANT_ID;
    if (issuesOwnTokens) {
      const issuer = await startLocalIssuer();
      stops.push(issuer.stop);
      Object.assign(process.env, issuer.settings);
    }
    const host = await startFunctionsHost({ root, port });
    stops.push(host.stop);
    await ready(host.url);
    console.log(`MCP endpoint: ${host.url}/mcp`);
    if (issuesOwnTokens) {
      console.log('A token: npm run --silent token -- --role store_manager --store seattle');
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The endpoint is announced when it really answers. */
async function ready(url: string): Promise<void> {
  const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(30_000) });
  if (response.ok) return;
  const { reason } = (await response.json()) as { reason?: string };
  throw new Error(`the server is not ready: ${reason}`);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => {
    running ??= work();
    return running;
  };
}

function fail(error: unknown): never {
  const plain = error instanceof ConfigurationError || process.env.DEBUG === undefined;
  console.error(plain && error instanceof Error ? error.message : error);
  process.exit(1);
}

try {
  const options = readOptions();
  if (options) await start(options);
  else console.log(help);
} catch (error) {
  fail(error);
}
