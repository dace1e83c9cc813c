import { setFlagsFromString } from 'node:v8';
import type { ParseResult } from 'libpg-query';
import type { ParserModule } from 'libpg-query/wasm/libpg-query.js';
import { RetailError } from '../../infrastructure/errors.ts';
import { refuse } from './refusal.ts';

type SyntaxError = {
  message: string /** In characters, from 1; 0 when unknown. */;
  position: number;
};

/** One for the process: an instance reserves 134 MB of address space. */
let parser: Promise<ParserModule> | undefined;

/** Parses SQL with PostgreSQL's own parser, which the first call loads (35 ms). */
export async function parse(sql: string): Promise<ParseResult> {
  parser ??= loadParser();
  const current = parser;
  let outcome: ReturnType<typeof run>;
  try {
    outcome = run(await current, sql);
  } catch {
    // It ran out of stack or memory and may be broken, or could not be loaded: start afresh.
    // Another call may have done so while this one waited.
    if (parser === current) parser = undefined;
    throw new RetailError('query_refused', 'The parser could not read the query.', {
      hint: 'Shorten its chains of operators, casts or parentheses, or split it in several.',
    });
  }
  return 'tree' in outcome ? outcome.tree : refuseSyntax(sql, outcome.error);
}

function run(module: ParserModule, sql: string): { tree: ParseResult } | { error: SyntaxError } {
  const bytes = module.lengthBytesUTF8(sql) + 1;
  const text = module._malloc(bytes);
  module.stringToUTF8(sql, text, bytes);
  const result = module._wasm_parse_query_raw(text);
  const error = module.getValue(result + 8, 'i32');
  const outcome =
    error === 0
      ? { tree: JSON.parse(module.UTF8ToString(module.getValue(result, 'i32'))) as ParseResult }
      : {
          error: {
            message: module.UTF8ToString(module.getValue(error, 'i32')),
            position: module.getValue(error + 16, 'i32'),
          },
        };
  module._wasm_free_parse_result(result);
  module._free(text);
  return outcome;
}

/**
 * V8 would soon optimise the parser's largest function in the background, which takes 600 MB for
 * half a second and saves 5 µs a query. It settles whether a function may be optimised when that
 * first runs, so the flags are off for one parse, and nothing else runs meanwhile.
 */
async function loadParser(): Promise<ParserModule> {
  const { default: createModule } = await import('libpg-query/wasm/libpg-query.js');
  const module = await createModule();
  setFlagsFromString('--no-wasm-dynamic-tiering');
  setFlagsFromString('--no-wasm-tier-up');
  try {
    run(module, 'select');
  } finally {
    setFlagsFromString('--wasm-dynamic-tiering');
    setFlagsFromString('--wasm-tier-up');
  }
  return module;
}

function refuseSyntax(sql: string, { message, position }: SyntaxError): never {
  const characters = Array.from(sql);
  const near = characters.slice(Math.max(0, position - 21), position + 20).join('');
  refuse(
    `PostgreSQL cannot read the query: ${message}${position > 0 ? `, in “${near}”` : ''}.`,
    'Write one complete SELECT statement in PostgreSQL’s dialect.',
  );
}
