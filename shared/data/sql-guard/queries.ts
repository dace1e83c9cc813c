import type { CommonTableExpr, Node, SelectStmt, WithClause } from 'libpg-query';
import { checkFromEntry, type FromEntry } from './from-clause.ts';
import { isStar, outputName } from './output-names.ts';
import { type Fields, forEachChild, strings, type TreeNode } from './parse-tree.ts';
import { checkColumn, checkFieldSelection, starColumns } from './references.ts';
import {
  type Columns,
  concatColumns,
  innerScope,
  type ReadableRelations,
  renameColumns,
  rootScope,
  type Scope,
  type Source,
  unknownColumns,
} from './scope.ts';

/**
 * Resolves every name of a relation, column or field by PostgreSQL's rules, and refuses what is not
 * readable. Queries within queries recurse, to the depth that the allow-list has bounded before;
 * expressions are walked.
 */
export function checkNames(statement: SelectStmt, readable: ReadableRelations): void {
  checkQuery(statement, rootScope(readable));
}

const checks = { query: checkQuery, expressions: checkExpressions };

/** A WITH RECURSIVE query, whose name means its first arm's columns to its second. */
type Recursion = Readonly<{ name: string; columns(firstArm: Columns): Columns }>;

/** Checks a query in the scope around it; gives its output columns. */
function checkQuery(statement: SelectStmt, outer: Scope, recursion?: Recursion): Columns {
  const { withClause, fromClause = [], larg, rarg, ...clauses } = statement;
  const { sortClause = [], groupClause = [], distinctClause = [], ...others } = clauses;
  const inner = checkWith(withClause, innerScope(outer));
  const from = checkFrom(fromClause, inner);
  const scope = { ...inner, sources: from.sources };
  checkBelow({ type: 'SelectStmt', fields: others as Fields }, scope);

  let columns = outputColumns(others, from, scope);
  if (larg && rarg) {
    // UNION, INTERSECT, EXCEPT: the first arm names the columns.
    columns = checkQuery(larg, inner);
    checkQuery(rarg, recursion ? recurse(recursion, columns, inner, outer) : inner);
  }
  // These clauses, and no others, may use output names.
  const byOutput = { ...scope, outputs: columns };
  checkExpressions([...sortClause, ...groupClause, ...distinctClause], byOutput);
  return columns;
}

function recurse({ name, columns }: Recursion, first: Columns, inner: Scope, outer: Scope): Scope {
  const isHidden = inner.withQueries.get(name) !== outer.withQueries.get(name);
  return isHidden ? inner : withQuery(inner, name, columns(first));
}

function checkWith(clause: WithClause | undefined, scope: Scope): Scope {
  const { ctes = [], recursive = false } = clause ?? {};
  const queries = ctes.flatMap((node) => ('CommonTableExpr' in node ? node.CommonTableExpr : []));
  let reach = scope;
  if (recursive) {
    // Every query of the list is in reach of every other, before its columns are known.
    for (const { ctename = '', aliascolnames } of queries) {
      reach = withQuery(reach, ctename, { names: strings(aliascolnames), complete: false });
    }
  }
  for (const query of queries) {
    reach = withQuery(reach, query.ctename ?? '', checkWithQuery(query, reach, recursive));
  }
  return reach;
}

function checkWithQuery(query: CommonTableExpr, scope: Scope, recursive: boolean): Columns {
  const { ctename = '', aliascolnames, ctequery, ...others } = query;
  checkBelow({ type: 'CommonTableExpr', fields: others as Fields }, scope);
  if (!ctequery || !('SelectStmt' in ctequery)) return unknownColumns;
  const columns = (first: Columns) => renameColumns(first, strings(aliascolnames));
  const recursion = recursive ? { name: ctename, columns } : undefined;
  const { names, complete } = columns(checkQuery(ctequery.SelectStmt, scope, recursion));
  const { search_clause: search, cycle_clause: cycle } = others;
  const added = [search?.search_seq_column, cycle?.cycle_mark_column, cycle?.cycle_path_column];
  return { names: [...names, ...added.filter((name) => name !== undefined)], complete };
}

function withQuery(scope: Scope, name: string, columns: Columns): Scope {
  return { ...scope, withQueries: new Map(scope.withQueries).set(name, columns) };
}

/** An entry of FROM sees those to its left, where its kind lets it. */
function checkFrom(entries: readonly Node[], scope: Scope): FromEntry {
  let sources: readonly Source[] = [];
  const columns: Columns[] = [];
  for (const entry of entries) {
    const found = checkFromEntry(entry, { ...scope, sources }, checks);
    sources = [...sources, ...found.sources];
    columns.push(found.columns);
  }
  return { sources, columns: concatColumns(columns) };
}

function outputColumns(statement: SelectStmt, from: FromEntry, scope: Scope): Columns {
  const { targetList = [], valuesLists: [row] = [] } = statement;
  if (row) {
    const values = 'List' in row ? (row.List.items ?? []) : [];
    return { names: values.map((_, index) => `column${index + 1}`), complete: true };
  }
  return concatColumns(
    targetList.map((target) => {
      const { name, val } = 'ResTarget' in target ? target.ResTarget : {};
      if (val && isStar(val)) return starColumns(val, scope) ?? from.columns;
      const given = name ?? (val && outputName(val));
      return given === undefined ? unknownColumns : { names: [given], complete: true };
    }),
  );
}

function checkExpressions(nodes: readonly Node[], scope: Scope): void {
  checkBelow({ type: 'List', fields: { items: nodes } }, scope);
}

/** Walks what is below `root`; a query met on the way is checked in this scope. */
function checkBelow(root: TreeNode, scope: Scope): void {
  const waiting: TreeNode[] = [];
  for (let node: TreeNode | undefined = root; node !== undefined; node = waiting.pop()) {
    if (node.type === 'SelectStmt' && node !== root) {
      checkQuery(node.fields as SelectStmt, scope);
      continue;
    }
    if (node.type === 'ColumnRef') checkColumn(node.fields, scope);
    if (node.type === 'A_Indirection') checkFieldSelection(node.fields, scope);
    forEachChild(node, (child) => waiting.push(child));
  }
}
