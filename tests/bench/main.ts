import { parseArgs } from 'node:util';
import { bundle } from '../../local/build.ts';
import type { Bench } from './bench.ts';
import { categoryReport } from './category-report.ts';
import { coldStart } from './cold-start.ts';
import { createBenchDatabase } from './database.ts';
import { lightQuery } from './light-query.ts';
import { memory } from './memory.ts';
import { judge, table } from './table.ts';

const benches: readonly Bench[] = [lightQuery, categoryReport, coldStart, memory];

const help = `Measures the server beside the bare database, in one run on one machine.

Usage: npm run bench -- [name …] [--json]

${benches.map(({ name, title }) => `  ${name.padEnd(18)}${title}`).join('\n')}

  --json            the findings as JSON
  --help            show this text

Runs on the PostgreSQL of TEST_DATABASE_URL (a superuser's connection string; pgvector is needed), in
a database of its own that it drops, or on the embedded engine when that is not set.`;

await main().catch((error: unknown) => {
  console.error(error instanceof Error && !process.env.DEBUG ? error.message : error);
  process.exitCode = 1;
});

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(help);
  const chosen = choose(positionals);

  progress('Building the bundle …');
  await bundle();
  progress('Preparing a database …');
  const database = await createBenchDatabase(process.env.TEST_DATABASE_URL || undefined);
  try {
    const results = [];
    for (const { name, title, run } of chosen) {
      const measures = await run({ database, progress: (text) => progress(`${name}: ${text} …`) });
      const findings = measures.map(judge);
      results.push({ name, title, engine: database.engine, findings });
      if (!values.json) console.log(`\n${table(`${title} (${database.engine})`, findings)}`);
    }
    if (values.json) console.log(JSON.stringify(results, null, 2));
  } finally {
    await database.drop();
  }
}

function choose(names: readonly string[]): readonly Bench[] {
  for (const wanted of names) {
    if (!benches.some(({ name }) => name === wanted)) {
      throw new Error(
        `There is no bench "${wanted}": choose of ${benches.map(({ name }) => name).join(', ')}.`,
      );
    }
  }
  return names.length === 0 ? benches : benches.filter(({ name }) => names.includes(name));
}

/** Standard error, so that standard output holds the findings alone. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
