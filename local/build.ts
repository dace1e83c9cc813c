import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles the Functions app into the one file that package.json names as `main`. CommonJS, because
 * the worker hands `@azure/functions-core` to `require` alone; ESM entries first, because they load
 * faster once bundled. Each file is renamed into its place, so that a server that starts meanwhile
 * loads a whole one.
 */
export async function bundle(): Promise<void> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['functions/main.ts'],
    outfile: 'dist/main.cjs',
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['@azure/functions-core', 'pg-native'],
    minifySyntax: true,
    sourcemap: true,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    logLevel: 'warning',
    write: false,
  });
  for (const { path, contents } of outputFiles) await put(path, contents);
  // The parser looks for its WebAssembly beside the code that loads it.
  const parser = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm');
  await put(join(root, 'dist', 'libpg-query.wasm'), await readFile(parser));
}

async function put(path: string, contents: Uint8Array): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}

if (import.meta.main) await bundle();
