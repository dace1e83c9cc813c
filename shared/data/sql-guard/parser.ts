import { setFlagsFromString } from 'node:v8';
import type { ParseResult } from 'libpg-query';
import type { ParserModule } from 'libpg-query/wasm/libpg-query.js';
import { refuse } from './refusal.ts';

type SyntaxError = Readonly<{ message: string; position: number }>;

/** One for the process: an instance reserves 134 MB of address space. */
let parser: ParserModule | undefined;
let loading: Promise<void> | undefined;

/** Parses SQL with PostgreSQL's own parser, which the first call loads (35 ms). */
export async function parse(sql: string): Promise<ParseResult> {
  while (parser === undefined) {
    loading ??= loadParser().finally(() => {
      loading = undefined;
    });
    await loading;
  }
  let outcome: ReturnType<typeof run>;
  try {
    outcome = run(parser, sql);
  } catch {
    // It ran out of stack or memory, and what it left behind breaks later queries: start afresh.
    parser = undefined;
    refuse(
      'The parser could not read the query.',
      'Shorten its chains of operators, casts or parentheses, or split it into several queries.',
    );
  }
  return 'tree' in outcome ? outcome.tree : refuseSyntax(sql, outcome.error);
}

function run(module: ParserModule, sql: string): { tree: ParseResult } | { error: SyntaxError } {
  const bytes = module.lengthBytesUTF8(sql) + 1;
  const text = module._malloc(bytes);
  module.stringToUTF8(sql, text, bytes);
  const result = module._wasm_parse_query_raw(text);
  if (result === 0) throw new RangeError('the parser is out of memory');
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
 * half a second and saves 5 µs a query. Whether a function may be optimised is settled when it first
 * runs, so the flags are off for one parse; nothing else runs meanwhile.
 */
async function loadParser(): Promise<void> {
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
  parser = module;
}

/** `position` counts characters from 1, and is 0 when unknown. */
function refuseSyntax(sql: string, { message, position }: SyntaxError): never {
  const characters = Array.from(sql);
  const near = characters.slice(Math.max(0, position - 21), position + 20).join('');
  // The message quotes a token, which may be as long as the query.
  refuse(
    `PostgreSQL cannot read the query: ${message.slice(0, 120)}${position > 0 ? `, in “${near}”` : ''}.`,
    'Write one complete SELECT statement in PostgreSQL’s dialect.',
  );
}
