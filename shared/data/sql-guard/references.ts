import type { A_Indirection, ColumnRef, FuncCall, Node } from 'libpg-query';
import { isCallable } from './allow-list.ts';
import { rowFunctions } from './allowed-functions.ts';
import { systemColumns } from './allowed-names.ts';
import { strings } from './parse-tree.ts';
import { refuse } from './refusal.ts';
import {
  type Columns,
  findSources,
  mayBeColumn,
  type Scope,
  type Source,
  scopesOutward,
  unknownColumns,
} from './scope.ts';
import { suggest } from './suggestions.ts';

/**
 * PostgreSQL reads `t.f` and `(x).f` as the call `f(t)`, `f(x)` where there is no column `f`, and
 * calls whatever function of one argument, or casts to whatever type, has that name. So a name after
 * a dot passes only where it is certain to be a column; where the columns cannot be told, only if a
 * call of that name would pass too.
 */
export function checkColumn({ fields = [] }: ColumnRef, scope: Scope): void {
  const isStar = fields.some((field) => 'A_Star' in field);
  const names = strings(isStar ? fields.slice(0, -1) : fields);
  const name = isStar ? undefined : names.pop();
  if (name !== undefined && systemColumns.has(name)) {
    refuse(`The system column ${name} is not readable.`, 'If it is an alias, choose another one.');
  }
  if (names.length > 0) {
    const sources = qualified(names, scope);
    if (name === undefined) return;
    for (const { columns } of sources) checkField(name, columns, names.join('.'));
  } else if (name !== undefined) checkUnqualified(name, scope);
}

/** Checks the fields that are selected from a value, as in `(jsonb_each(metadata)).key`. */
export function checkFieldSelection({ arg, indirection = [] }: A_Indirection, scope: Scope): void {
  let row = arg && rowOf(arg, scope);
  for (const step of indirection) {
    if ('String' in step) {
      checkField(step.String.sval ?? '', row ?? unknownColumns, 'the value before it');
    }
    // What a field or element is made of is not known.
    row = undefined;
  }
}

/** The columns behind `t.*`; undefined for a bare `*`, which stands for all of FROM. */
export function starColumns(star: Node, scope: Scope): Columns | undefined {
  if (!('ColumnRef' in star)) return unknownColumns;
  const qualifier = strings(star.ColumnRef.fields?.slice(0, -1));
  if (qualifier.length === 0) return undefined;
  const [source, ...more] = qualified(qualifier, scope);
  return source && more.length === 0 ? source.columns : unknownColumns;
}

function checkField(name: string, columns: Columns, owner: string): void {
  if (columns.names.includes(name)) return;
  if (columns.complete) {
    refuse(`There is no column ${name} in ${owner}.`, suggest(name, columns.names, 'columns'));
  }
  if (!isCallable(name)) {
    refuse(
      `${name} is not certain to be a column of ${owner}, and the function ${name} is not allowed.`,
      'Name the columns, as in FROM … AS t (a, b), and write t.a instead of (value).a.',
    );
  }
}

function checkUnqualified(name: string, scope: Scope): void {
  const reach = [...scopesOutward(scope)];
  if (mayBeColumn(name, scope)) return;
  // A table's alias alone is its whole row.
  if (reach.some(({ sources }) => sources.some(({ alias }) => alias === name))) return;
  const columns = reach.flatMap(({ sources }) => sources.flatMap((source) => source.columns.names));
  refuse(`There is no column ${name} here.`, suggest(name, columns, 'columns'));
}

/** The sources that a qualifier, `t` or `retail.t`, may mean. */
function qualified(qualifier: readonly string[], scope: Scope): Source[] {
  const [last, schema, ...more] = qualifier.toReversed();
  const sources = findSources(scope, ({ alias, relation }) =>
    schema === undefined ? alias === last : schema === 'retail' && relation === last,
  );
  if (sources.length > 0 && more.length === 0) return sources;
  const aliases = [...scopesOutward(scope)].flatMap((each) =>
    each.sources.flatMap(({ alias }) => alias ?? []),
  );
  return refuse(
    `There is no table or alias ${qualifier.join('.')} in reach here.`,
    suggest(last ?? '', aliases, 'ones in reach'),
  );
}

/** The columns of a value that is certain to be a row: an alias alone, or a call that makes one. */
function rowOf(value: Node, scope: Scope): Columns | undefined {
  if ('FuncCall' in value) return rowOfCall(value.FuncCall);
  if (!('ColumnRef' in value)) return undefined;
  const [name, ...more] = value.ColumnRef.fields ?? [];
  if (!name || !('String' in name) || more.length > 0) return undefined;
  const alias = name.String.sval ?? '';
  if (mayBeColumn(alias, scope)) return undefined;
  const [source, ...others] = findSources(scope, (each) => each.alias === alias);
  return source?.isRow && others.length === 0 ? source.columns : undefined;
}

function rowOfCall({ funcname }: FuncCall): Columns | undefined {
  const names = rowFunctions.get(strings(funcname).at(-1) ?? '');
  return names && { names, complete: true };
}
