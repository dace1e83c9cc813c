import pg from 'pg';

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** How a column of an answer is named and its text read as a JSON value. */
export type ColumnType = Readonly<{
  name: string;
  /** PostgreSQL's name of the type; undefined when it is none of its own types. */
  type: string | undefined;
  typeId: number;
  read: (text: string) => JsonValue;
}>;

type Reader = (text: string) => JsonValue;

const asText: Reader = (text) => text;
const asBoolean: Reader = (text) => text === 't';

/** JSON numbers are doubles in most readers: what would lose a digit stays a string. */
const asInteger: Reader = (text) => {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
};

const asFloat: Reader = (text) => {
  const value = Number(text);
  return Number.isFinite(value) ? value : text;
};

const asJson: Reader = (text) => {
  if (nestsTooDeeply(text)) return text;
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && !fitsDouble(context.source)
      ? context.source
      : value,
  ) as JsonValue;
};

/** A double keeps 15 significant digits of any number that is within its range. */
function fitsDouble(source: string): boolean {
  const digits = source
    .replace(/[eE].*$/, '')
    .replace(/\D/g, '')
    .replace(/^0+/, '');
  return digits.length <= 15 && Number.isFinite(Number(source));
}

const deepestNesting = 100;

/** Readers and writers of JSON recurse, here and at the caller's: some overflow their stack soon. */
function nestsTooDeeply(json: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json[at];
    if (inString && character === '\\') at += 1;
    else if (character === '"') inString = !inString;
    else if (inString) continue;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > deepestNesting) return true;
  }
  return false;
}

/** `2026-01-31 09:30:00.5+00` to ISO 8601; `infinity` and years before Christ stay as they are. */
const asTimestamp: Reader = (text) =>
  text.replace(/^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)/, '$1T$2').replace(/([+-]\d\d)$/, '$1:00');

const scalars: readonly (readonly [id: number, arrayId: number, type: string, read: Reader])[] = [
  [16, 1000, 'boolean', asBoolean],
  [17, 1001, 'bytea', asText],
  [18, 1002, '"char"', asText],
  [19, 1003, 'name', asText],
  [20, 1016, 'bigint', asInteger],
  [21, 1005, 'smallint', asInteger],
  [23, 1007, 'integer', asInteger],
  [25, 1009, 'text', asText],
  [26, 1028, 'oid', asInteger],
  [114, 199, 'json', asJson],
  [700, 1021, 'real', asFloat],
  [701, 1022, 'double precision', asFloat],
  [1042, 1014, 'character', asText],
  [1043, 1015, 'character varying', asText],
  [1082, 1182, 'date', asText],
  [1083, 1183, 'time without time zone', asText],
  [1114, 1115, 'timestamp without time zone', asTimestamp],
  [1184, 1185, 'timestamp with time zone', asTimestamp],
  [1186, 1187, 'interval', asText],
  [1266, 1270, 'time with time zone', asText],
  [1700, 1231, 'numeric', asText],
  [2950, 2951, 'uuid', asText],
  [3614, 3643, 'tsvector', asText],
  [3615, 3645, 'tsquery', asText],
  [3802, 3807, 'jsonb', asJson],
];

const known = new Map<number, { type: string; read: Reader }>(
  scalars.flatMap(([id, arrayId, type, read]) => [
    [id, { type, read }],
    [arrayId, { type: `${type}[]`, read: asArrayOf(read) }],
  ]),
);

/** The columns of an answer, from the row description of the protocol. */
export function columnTypes(fields: readonly pg.FieldDef[]): ColumnType[] {
  return fields.map(({ name, dataTypeID }) => {
    const { type, read } = known.get(dataTypeID) ?? { type: undefined, read: asText };
    return { name, type, typeId: dataTypeID, read };
  });
}

type ArrayParser = {
  create(text: string, read: Reader): { parse(): JsonValue };
};

function asArrayOf(read: Reader): Reader {
  const { arrayParser } = pg.types as unknown as { arrayParser: ArrayParser };
  return (text) => arrayParser.create(text, read).parse();
}
