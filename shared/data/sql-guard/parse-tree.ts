import type { Node } from 'libpg-query';
import { grammar } from './grammar.ts';
import { refuse } from './refusal.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** A node of the parse tree with its type beside its fields. */
export type TreeNode = Readonly<{ type: string; fields: Fields }>;

/** Visits the nodes directly below `node`; what the grammar does not list is refused by name. */
export function forEachChild(node: TreeNode, visit: (child: TreeNode) => void): void {
  const kinds = grammar.get(node.type);
  if (kinds === undefined) refuseNodeType(node.type);
  for (const field in node.fields) {
    const kind = kinds.get(field);
    if (kind === 'plain') continue;
    const value = node.fields[field];
    if (kind === undefined) refuseField(node.type, field);
    else if (kind !== 'nodes') visit({ type: kind, fields: value as Fields });
    else if (Array.isArray(value)) for (const element of value) visitWrapped(element, visit);
    else visitWrapped(value as Node, visit);
  }
}

/** Opens `{ "<type>": { … } }`. */
export function unwrap(node: Node): TreeNode {
  const types = Object.keys(node);
  const type = types[0];
  if (type === undefined || types.length > 1) {
    refuse('A part of the query is of no known kind.', 'Write the query in another way.');
  }
  return { type, fields: (node as unknown as Record<string, Fields>)[type] ?? {} };
}

function visitWrapped(node: Node, visit: (child: TreeNode) => void): void {
  // The parser writes an absent element as {}: DISTINCT without ON, a function without definitions.
  if (Object.keys(node).length > 0) visit(unwrap(node));
}

/** The decoded strings of a list of `String` nodes: a qualified name, or column names. */
export function strings(list: readonly Node[] | undefined): string[] {
  return (list ?? []).map((node) => {
    if (!('String' in node))
      refuse('A name in the query is not a plain name.', 'Write it plainly.');
    return node.String.sval ?? '';
  });
}

const words: Readonly<Record<string, string>> = {
  VariableSetStmt: 'SET statements are',
  VariableShowStmt: 'SHOW statements are',
  ParamRef: 'Parameters such as $1 are',
  SetToDefault: 'DEFAULT as a value is',
  RangeTableFunc: 'XMLTABLE is',
  XmlExpr: 'XML expressions are',
  XmlSerialize: 'XMLSERIALIZE is',
  MergeSupportFunc: 'MERGE_ACTION is',
  'SelectStmt.intoClause': 'SELECT INTO is',
  'SelectStmt.lockingClause': 'Row locks (FOR UPDATE, FOR SHARE) are',
  'TypeName.setof': 'SETOF is',
};

/** Says what is refused in SQL's words, where the parser's own name would not tell. */
export function refuseNodeType(type: string): never {
  const statement = /^(.+)Stmt$/
    .exec(type)?.[1]
    ?.replace(/\B(?=[A-Z])/g, ' ')
    .toUpperCase();
  const what = statement ? `${statement} statements are` : `The construct ${type} is`;
  refuse(
    `${words[type] ?? what} not allowed.`,
    statement
      ? 'Send one statement that reads: SELECT, VALUES, TABLE, or WITH … SELECT.'
      : 'Write literal values, and only what reading needs.',
  );
}

function refuseField(type: string, field: string): never {
  refuse(
    `${words[`${type}.${field}`] ?? `The part ${field} of ${type} is`} not allowed.`,
    'Leave it out: queries only read.',
  );
}
