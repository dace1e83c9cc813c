import { copyFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Bundles the Functions app into the one file that package.json names as `main`. CommonJS, because
 * the worker hands `@azure/functions-core` to `require` alone; ESM entries first, because they load
 * faster once bundled.
 */
export async function bundle(): Promise<void> {
  await build({
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
  });
  // The parser looks for its WebAssembly beside the code that loads it.
  const parser = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm');
  await copyFile(parser, join(root, 'dist', 'libpg-query.wasm'));
}

if (import.meta.main) await bundle();
