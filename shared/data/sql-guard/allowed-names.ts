/** The types that a query may name in casts and column definitions, as the parser names them. */
export const builtInTypes: ReadonlySet<string> = new Set(
  // No reg* type: a cast to one reads the catalog. No pseudo-type, no xml, no oid.
  `bool int2 int4 int8 numeric float4 float8 money text varchar bpchar bytea bit varbit uuid
   date time timetz timestamp timestamptz interval json jsonb jsonpath tsvector tsquery
   int4range int8range numrange daterange tsrange tstzrange int4multirange int8multirange
   nummultirange datemultirange tsmultirange tstzmultirange`.split(/\s+/),
);

/** pgvector's. */
export const extensionTypes: ReadonlySet<string> = new Set(['vector', 'halfvec', 'sparsevec']);

/** Comparison, arithmetic, text and pattern, bits, arrays, ranges, JSON, full text. */
export const builtInOperators: ReadonlySet<string> = new Set(
  `= <> < > <= >= + - * / % ^ |/ ||/ @ || ^@ ~ !~ ~* !~* ~~ !~~ ~~* !~~*
   & | # << >> && @> <@ &< &> -|- -> ->> #> #>> ? ?| ?& #- @? @@ @@@ !! <->`.split(/\s+/),
);

/** pgvector's distances and pg_trgm's similarities. */
export const extensionOperators: ReadonlySet<string> = new Set(
  '<-> <#> <=> <+> <~> <%> % <% %> <<% %>> <<-> <->> <<<-> <->>>'.split(' '),
);

/** `CURRENT_DATE` and its like; those that name the role, database or schema are not here. */
export const sqlValueFunctions: ReadonlySet<string> = new Set([
  'SVFOP_CURRENT_DATE',
  'SVFOP_CURRENT_TIME',
  'SVFOP_CURRENT_TIME_N',
  'SVFOP_CURRENT_TIMESTAMP',
  'SVFOP_CURRENT_TIMESTAMP_N',
  'SVFOP_LOCALTIME',
  'SVFOP_LOCALTIME_N',
  'SVFOP_LOCALTIMESTAMP',
  'SVFOP_LOCALTIMESTAMP_N',
]);

export const samplingMethods: ReadonlySet<string> = new Set(['bernoulli', 'system']);

/** Every table has them, and their values tell of rows that the caller may not see. */
export const systemColumns: ReadonlySet<string> = new Set([
  'tableoid',
  'ctid',
  'xmin',
  'xmax',
  'cmin',
  'cmax',
]);
