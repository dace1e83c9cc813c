import { startEmbeddedDatabase } from '../../local/embedded-database/embedded-database.ts';

const { connectionString } = await startEmbeddedDatabase({
  dataDirectory: String(process.argv[2]),
  statementTimeoutMs: 60_000,
});
console.log(connectionString);
