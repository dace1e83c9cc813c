/**
 * What a query may be made of: the types of PostgreSQL's raw parse tree (`parsenodes.h`), and of
 * each the fields that may be set. A type or field that is not here is refused, so what a later
 * parser adds is refused until someone has judged it.
 *
 * Kinds of fields: `plain` holds values and names; `nodes` one node or a list of them, each wrapped
 * as `{ "<type>": { … } }`; any other kind is the type of a node that stands unwrapped.
 */
type Kinds = Readonly<Record<string, string>>;

const plain = (...fields: string[]): Kinds => kinds(fields, 'plain');
const nodes = (...fields: string[]): Kinds => kinds(fields, 'nodes');

const queries: Record<string, Kinds> = {
  SelectStmt: {
    ...nodes('distinctClause', 'targetList', 'fromClause', 'whereClause', 'groupClause'),
    ...nodes('havingClause', 'windowClause', 'valuesLists', 'sortClause'),
    ...nodes('limitOffset', 'limitCount'),
    ...plain('groupDistinct', 'limitOption', 'op', 'all'),
    withClause: 'WithClause',
    larg: 'SelectStmt',
    rarg: 'SelectStmt',
  },
  WithClause: { ...nodes('ctes'), ...plain('recursive') },
  CommonTableExpr: {
    ...plain('ctename', 'aliascolnames', 'ctematerialized'),
    ...nodes('ctequery'),
    search_clause: 'CTESearchClause',
    cycle_clause: 'CTECycleClause',
  },
  CTESearchClause: plain('search_col_list', 'search_breadth_first', 'search_seq_column'),
  CTECycleClause: {
    ...plain('cycle_col_list', 'cycle_mark_column', 'cycle_path_column'),
    ...nodes('cycle_mark_value', 'cycle_mark_default'),
  },
  ResTarget: { ...plain('name'), ...nodes('val') },
  SortBy: { ...nodes('node'), ...plain('sortby_dir', 'sortby_nulls', 'useOp') },
  GroupingSet: { ...plain('kind'), ...nodes('content') },
  WindowDef: {
    ...plain('name', 'refname', 'frameOptions'),
    ...nodes('partitionClause', 'orderClause', 'startOffset', 'endOffset'),
  },
  List: nodes('items'),
};

const fromItems: Record<string, Kinds> = {
  RangeVar: plain('catalogname', 'schemaname', 'relname', 'inh', 'relpersistence', 'alias'),
  RangeSubselect: { ...plain('lateral', 'alias'), ...nodes('subquery') },
  RangeFunction: {
    ...plain('lateral', 'ordinality', 'is_rowsfrom', 'alias'),
    ...nodes('functions', 'coldeflist'),
  },
  RangeTableSample: { ...plain('method'), ...nodes('relation', 'args', 'repeatable') },
  JoinExpr: {
    ...plain('jointype', 'isNatural', 'usingClause', 'join_using_alias', 'alias'),
    ...nodes('larg', 'rarg', 'quals'),
  },
  ColumnDef: { ...plain('colname', 'is_local'), typeName: 'TypeName', collClause: 'CollateClause' },
};

const expressions: Record<string, Kinds> = {
  ColumnRef: plain('fields'),
  A_Const: plain('isnull', 'ival', 'fval', 'boolval', 'sval', 'bsval'),
  A_Star: plain(),
  String: plain('sval'),
  A_Expr: {
    ...plain('kind', 'name', 'rexpr_list_start', 'rexpr_list_end'),
    ...nodes('lexpr', 'rexpr'),
  },
  BoolExpr: { ...plain('boolop'), ...nodes('args') },
  FuncCall: {
    ...plain('funcname', 'agg_within_group', 'agg_star', 'agg_distinct', 'func_variadic'),
    ...plain('funcformat'),
    ...nodes('args', 'agg_order', 'agg_filter'),
    over: 'WindowDef',
  },
  NamedArgExpr: { ...plain('name', 'argnumber'), ...nodes('arg') },
  TypeCast: { ...nodes('arg'), typeName: 'TypeName' },
  TypeName: { ...plain('names', 'typemod', 'arrayBounds'), ...nodes('typmods') },
  CollateClause: { ...plain('collname'), ...nodes('arg') },
  A_Indirection: nodes('arg', 'indirection'),
  A_Indices: { ...plain('is_slice'), ...nodes('lidx', 'uidx') },
  A_ArrayExpr: { ...plain('list_start', 'list_end'), ...nodes('elements') },
  RowExpr: { ...plain('row_format'), ...nodes('args') },
  SubLink: { ...plain('subLinkType', 'operName'), ...nodes('testexpr', 'subselect') },
  CaseExpr: nodes('arg', 'args', 'defresult'),
  CaseWhen: nodes('expr', 'result'),
  CoalesceExpr: nodes('args'),
  MinMaxExpr: { ...plain('op'), ...nodes('args') },
  NullTest: { ...plain('nulltesttype'), ...nodes('arg') },
  BooleanTest: { ...plain('booltesttype'), ...nodes('arg') },
  SQLValueFunction: plain('op', 'typmod'),
  GroupingFunc: nodes('args'),
};

const json: Record<string, Kinds> = {
  JsonValueExpr: { ...plain('format'), ...nodes('raw_expr') },
  JsonOutput: { ...plain('returning'), typeName: 'TypeName' },
  JsonBehavior: { ...plain('btype'), ...nodes('expr') },
  JsonArgument: { ...plain('name'), val: 'JsonValueExpr' },
  JsonKeyValue: { ...nodes('key'), value: 'JsonValueExpr' },
  JsonObjectConstructor: {
    ...plain('absent_on_null', 'unique'),
    ...nodes('exprs'),
    output: 'JsonOutput',
  },
  JsonArrayConstructor: { ...plain('absent_on_null'), ...nodes('exprs'), output: 'JsonOutput' },
  JsonArrayQueryConstructor: {
    ...plain('absent_on_null', 'format'),
    ...nodes('query'),
    output: 'JsonOutput',
  },
  JsonAggConstructor: {
    ...nodes('agg_filter', 'agg_order'),
    output: 'JsonOutput',
    over: 'WindowDef',
  },
  JsonObjectAgg: {
    ...plain('absent_on_null', 'unique'),
    constructor: 'JsonAggConstructor',
    arg: 'JsonKeyValue',
  },
  JsonArrayAgg: {
    ...plain('absent_on_null'),
    constructor: 'JsonAggConstructor',
    arg: 'JsonValueExpr',
  },
  JsonIsPredicate: { ...plain('format', 'item_type', 'unique_keys'), ...nodes('expr') },
  JsonParseExpr: { ...plain('unique_keys'), expr: 'JsonValueExpr', output: 'JsonOutput' },
  JsonScalarExpr: { ...nodes('expr'), output: 'JsonOutput' },
  JsonSerializeExpr: { expr: 'JsonValueExpr', output: 'JsonOutput' },
  JsonFuncExpr: {
    ...plain('op', 'wrapper', 'quotes'),
    ...nodes('pathspec', 'passing'),
    context_item: 'JsonValueExpr',
    output: 'JsonOutput',
    on_empty: 'JsonBehavior',
    on_error: 'JsonBehavior',
  },
  JsonTable: {
    ...plain('alias', 'lateral'),
    ...nodes('passing', 'columns'),
    context_item: 'JsonValueExpr',
    pathspec: 'JsonTablePathSpec',
    on_error: 'JsonBehavior',
  },
  JsonTableColumn: {
    ...plain('coltype', 'name', 'format', 'wrapper', 'quotes'),
    ...nodes('columns'),
    typeName: 'TypeName',
    pathspec: 'JsonTablePathSpec',
    on_empty: 'JsonBehavior',
    on_error: 'JsonBehavior',
  },
  JsonTablePathSpec: { ...plain('name', 'name_location'), ...nodes('string') },
};

/** Node type → field → kind. */
export const grammar: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map(
  Object.entries({ ...queries, ...fromItems, ...expressions, ...json }).map(([type, fields]) => [
    type,
    new Map(Object.entries({ ...fields, location: 'plain' })),
  ]),
);

function kinds(fields: readonly string[], kind: string): Kinds {
  return Object.fromEntries(fields.map((field) => [field, kind]));
}
