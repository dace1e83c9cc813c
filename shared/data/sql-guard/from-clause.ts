import type {
  JoinExpr,
  JsonTable,
  Node,
  RangeFunction,
  RangeSubselect,
  RangeVar,
  SelectStmt,
} from 'libpg-query';
import {
  argumentShapedFunctions,
  namedResultFunctions,
  rowFunctions,
} from './allowed-functions.ts';
import { outputName } from './output-names.ts';
import { strings, unwrap } from './parse-tree.ts';
import { refuse } from './refusal.ts';
import {
  type Columns,
  concatColumns,
  readableColumns,
  renameColumns,
  type Scope,
  type Source,
  unknownColumns,
} from './scope.ts';

/** How the parts of FROM that are queries or expressions themselves are checked. */
export type Checks = Readonly<{
  query(statement: SelectStmt, scope: Scope): Columns;
  expressions(nodes: readonly Node[], scope: Scope): void;
}>;

/** What an entry of FROM brings in: names to qualify with, and the columns that `*` stands for. */
export type FromEntry = Readonly<{ sources: readonly Source[]; columns: Columns }>;

/** `scope.sources` holds the entries to the left, for those that may look there (LATERAL). */
export function checkFromEntry(entry: Node, scope: Scope, checks: Checks): FromEntry {
  if ('RangeVar' in entry) return relation(entry.RangeVar, scope);
  if ('RangeSubselect' in entry) return subselect(entry.RangeSubselect, scope, checks);
  if ('JoinExpr' in entry) return join(entry.JoinExpr, scope, checks);
  if ('RangeFunction' in entry) {
    checks.expressions([entry], scope);
    return rangeFunction(entry.RangeFunction);
  }
  if ('JsonTable' in entry) {
    checks.expressions([entry], scope);
    return jsonTable(entry.JsonTable);
  }
  if ('RangeTableSample' in entry) {
    const { relation: sampled, args = [], repeatable } = entry.RangeTableSample;
    checks.expressions(repeatable ? [...args, repeatable] : args, { ...scope, sources: [] });
    if (sampled) return checkFromEntry(sampled, scope, checks);
  }
  return refuse(
    `${unwrap(entry).type} cannot stand in FROM.`,
    'Read from a table, sub-select or function.',
  );
}

function relation(rangeVar: RangeVar, scope: Scope): FromEntry {
  const { schemaname, relname = '', alias } = rangeVar;
  // A WITH query hides the table of its name, though not from a name with a schema.
  const withQuery = schemaname === undefined ? scope.withQueries.get(relname) : undefined;
  const found = withQuery ?? readableColumns(rangeVar, scope);
  const columns = renameColumns(found, strings(alias?.colnames));
  const source = { alias: alias?.aliasname ?? relname, columns, isRow: true };
  const isBare = alias === undefined && withQuery === undefined;
  return { sources: [isBare ? { ...source, relation: relname } : source], columns };
}

function subselect(
  { subquery, lateral, alias }: RangeSubselect,
  scope: Scope,
  checks: Checks,
): FromEntry {
  if (!subquery || !('SelectStmt' in subquery)) {
    refuse('FROM holds a statement that is no SELECT.', 'Use a SELECT.');
  }
  const reach = lateral ? scope : { ...scope, sources: [] };
  const columns = renameColumns(checks.query(subquery.SelectStmt, reach), strings(alias?.colnames));
  return alone(alias?.aliasname, columns, true);
}

function join(expression: JoinExpr, scope: Scope, checks: Checks): FromEntry {
  const { larg, rarg, quals, isNatural, usingClause, join_using_alias: merged, alias } = expression;
  if (!larg || !rarg) refuse('A join lacks a side.', 'Complete the join.');
  const left = checkFromEntry(larg, scope, checks);
  const beside = { ...scope, sources: [...scope.sources, ...left.sources] };
  const right = checkFromEntry(rarg, beside, checks);
  const sources = [...left.sources, ...right.sources];
  // ON sees the two sides and the queries around, but not what stands before the join.
  if (quals) checks.expressions([quals], { ...scope, sources });

  const shared = isNatural ? common(left.columns, right.columns) : strings(usingClause);
  const columns = joinColumns(left.columns, right.columns, shared);
  if (alias) return alone(alias.aliasname, renameColumns(columns, strings(alias.colnames)), false);
  const using = merged
    ? alone(merged.aliasname, { names: shared, complete: true }, false).sources
    : [];
  return { sources: [...sources, ...using], columns };
}

function common(left: Columns, right: Columns): string[] {
  return left.names.filter((name) => right.names.includes(name));
}

/** USING and NATURAL put the shared columns first, once. */
function joinColumns(left: Columns, right: Columns, shared: readonly string[]): Columns {
  const rest = [...left.names, ...right.names].filter((name) => !shared.includes(name));
  return { names: [...shared, ...rest], complete: left.complete && right.complete };
}

function rangeFunction({
  functions = [],
  ordinality,
  coldeflist,
  alias,
}: RangeFunction): FromEntry {
  const parts = functions.map((each) => {
    const [call, definitions] = 'List' in each ? (each.List.items ?? []) : [];
    const defined = definitions && 'List' in definitions ? definitions.List.items : coldeflist;
    return functionColumns(call, defined, functions.length === 1 ? alias?.aliasname : undefined);
  });
  if (ordinality) parts.push({ names: ['ordinality'], complete: true });
  const columns = renameColumns(concatColumns(parts), strings(alias?.colnames));
  const [first] = functions;
  const call = first && 'List' in first ? first.List.items?.[0] : undefined;
  const name = alias?.aliasname ?? (call && outputName(call));
  // The alias of a function that gives one value stands for that value, which is no row.
  return alone(name, columns, false);
}

function functionColumns(
  call: Node | undefined,
  definitions: readonly Node[] | undefined,
  alias: string | undefined,
): Columns {
  if (definitions) {
    const names = definitions.map((each) => ('ColumnDef' in each && each.ColumnDef.colname) || '');
    return { names, complete: true };
  }
  if (!call || !('FuncCall' in call)) return unknownColumns;
  const name = strings(call.FuncCall.funcname).at(-1) ?? '';
  if (argumentShapedFunctions.has(name)) return unknownColumns;
  const row = rowFunctions.get(name);
  return { names: row ?? [namedResultFunctions.get(name) ?? alias ?? name], complete: true };
}

function jsonTable({ columns = [], alias }: JsonTable): FromEntry {
  const names = jsonTableColumns(columns);
  const renamed = renameColumns({ names, complete: true }, strings(alias?.colnames));
  return alone(alias?.aliasname ?? 'json_table', renamed, false);
}

function jsonTableColumns(columns: readonly Node[]): string[] {
  return columns.flatMap((node) => {
    if (!('JsonTableColumn' in node)) return [];
    const { coltype, name, columns: nested = [] } = node.JsonTableColumn;
    return coltype === 'JTC_NESTED' ? jsonTableColumns(nested) : (name ?? []);
  });
}

function alone(alias: string | undefined, columns: Columns, isRow: boolean): FromEntry {
  const source = { columns, isRow };
  return { sources: [alias === undefined ? source : { ...source, alias }], columns };
}
