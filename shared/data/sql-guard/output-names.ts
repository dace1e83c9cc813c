import type { Node, SubLink } from 'libpg-query';
import { strings } from './parse-tree.ts';

const unnamed = '?column?';

/**
 * The name that PostgreSQL gives to an output column without an alias, by the rules of
 * `FigureColname` (parse_target.c); undefined where only the columns behind a `*` would tell.
 */
export function outputName(expression: Node): string | undefined {
  const figured = figure(expression);
  return figured === undefined ? unnamed : figured.name;
}

/** Whether the expression is a `*`, alone or qualified, that stands for any number of columns. */
export function isStar(expression: Node): boolean {
  const path =
    'ColumnRef' in expression
      ? expression.ColumnRef.fields
      : 'A_Indirection' in expression
        ? expression.A_Indirection.indirection
        : undefined;
  const last = path?.at(-1);
  return last !== undefined && 'A_Star' in last;
}

/** A name that is not `firm` gives way to that of the expression around it. */
type Figured = { name: string | undefined; firm: boolean } | undefined;

const firm = (name: string | undefined): Figured => ({ name, firm: true });

function figure(node: Node | undefined): Figured {
  if (node === undefined) return undefined;
  if ('ColumnRef' in node) return lastName(node.ColumnRef.fields);
  if ('FuncCall' in node) return lastName(node.FuncCall.funcname);
  if ('A_Indirection' in node) {
    return lastName(node.A_Indirection.indirection) ?? figure(node.A_Indirection.arg);
  }
  if ('TypeCast' in node) {
    return orElse(figure(node.TypeCast.arg), strings(node.TypeCast.typeName?.names).at(-1));
  }
  if ('CaseExpr' in node) return orElse(figure(node.CaseExpr.defresult), 'case');
  if ('CollateClause' in node) return figure(node.CollateClause.arg);
  if ('SubLink' in node) return figureSubLink(node.SubLink);
  if ('A_Expr' in node) return node.A_Expr.kind === 'AEXPR_NULLIF' ? firm('nullif') : undefined;
  if ('MinMaxExpr' in node) return firm(node.MinMaxExpr.op === 'IS_LEAST' ? 'least' : 'greatest');
  if ('SQLValueFunction' in node) {
    return firm(node.SQLValueFunction.op?.replace(/^SVFOP_|_N$/g, '').toLowerCase());
  }
  if ('JsonFuncExpr' in node) return firm(node.JsonFuncExpr.op?.slice(0, -3).toLowerCase());
  const fixed = fixedNames.get(Object.keys(node)[0] ?? '');
  return fixed === undefined ? undefined : firm(fixed);
}

const fixedNames: ReadonlyMap<string, string> = new Map([
  ['CoalesceExpr', 'coalesce'],
  ['GroupingFunc', 'grouping'],
  ['A_ArrayExpr', 'array'],
  ['RowExpr', 'row'],
  ['JsonParseExpr', 'json'],
  ['JsonScalarExpr', 'json_scalar'],
  ['JsonSerializeExpr', 'json_serialize'],
  ['JsonObjectConstructor', 'json_object'],
  ['JsonArrayConstructor', 'json_array'],
  ['JsonArrayQueryConstructor', 'json_array'],
  ['JsonObjectAgg', 'json_objectagg'],
  ['JsonArrayAgg', 'json_arrayagg'],
]);

function orElse(inner: Figured, name: string | undefined): Figured {
  return inner?.firm || name === undefined ? inner : { name, firm: false };
}

function lastName(path: readonly Node[] | undefined): Figured {
  const name = path?.findLast((part) => 'String' in part);
  return name && 'String' in name ? firm(name.String.sval) : undefined;
}

/** A scalar sub-select is called what its one column is called. */
function figureSubLink({ subLinkType, subselect }: SubLink): Figured {
  if (subLinkType === 'EXISTS_SUBLINK') return firm('exists');
  if (subLinkType === 'ARRAY_SUBLINK') return firm('array');
  if (subLinkType !== 'EXPR_SUBLINK' || !subselect || !('SelectStmt' in subselect))
    return undefined;
  let query = subselect.SelectStmt;
  while (query.larg) query = query.larg;
  if (query.valuesLists) return firm('column1');
  const target = query.targetList?.[0];
  if (!target || !('ResTarget' in target)) return undefined;
  const { name, val } = target.ResTarget;
  if (name !== undefined) return firm(name);
  if (val === undefined || isStar(val)) return firm(undefined);
  return firm(outputName(val));
}
