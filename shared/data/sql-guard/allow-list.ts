import type {
  A_Expr,
  CollateClause,
  FuncCall,
  Node,
  RangeTableSample,
  SelectStmt,
  SortBy,
  SQLValueFunction,
  SubLink,
  TypeName,
} from 'libpg-query';
import { builtInFunctions, extensionFunctions } from './allowed-functions.ts';
import {
  builtInOperators,
  builtInTypes,
  extensionOperators,
  extensionTypes,
  samplingMethods,
  sqlValueFunctions,
} from './allowed-names.ts';
import { forEachChild, strings, type TreeNode } from './parse-tree.ts';
import { refuse } from './refusal.ts';
import { suggest } from './suggestions.ts';

/** Far beyond what a person or model writes, and far below what a call stack holds. */
const deepest = 500;
const mostNodes = 20_000;

/**
 * Refuses every node, function, type and operator that is not listed. Names are compared as the
 * parser decoded them, so neither quotes, escapes nor comments disguise one.
 */
export function checkAllowList(statement: SelectStmt): void {
  const level = [{ type: 'SelectStmt', fields: statement as TreeNode['fields'], depth: 1 }];
  let count = 0;
  for (let node = level.pop(); node !== undefined; node = level.pop()) {
    count += 1;
    if (count > mostNodes || node.depth > deepest) {
      refuse(
        `The query is too ${node.depth > deepest ? 'deeply nested' : 'large'}.`,
        'Split it into several smaller queries.',
      );
    }
    const depth = node.depth + 1;
    rules.get(node.type)?.(node.fields);
    forEachChild(node, ({ type, fields }) => level.push({ type, fields, depth }));
  }
}

/** Whether a call of this name would be allowed: a function, or a cast written as a call. */
export function isCallable(name: string): boolean {
  return (
    builtInFunctions.has(name) ||
    extensionFunctions.has(name) ||
    builtInTypes.has(name) ||
    extensionTypes.has(name)
  );
}

type Rule = (fields: TreeNode['fields']) => void;

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['FuncCall', ({ funcname }: FuncCall) => requireFunction(funcname)],
  ['TypeName', ({ names }: TypeName) => requireType(names)],
  ['A_Expr', ({ kind, name }: A_Expr) => isBetween(kind) || requireOperator(name)],
  ['SubLink', ({ operName }: SubLink) => requireOperator(operName)],
  ['SortBy', ({ useOp }: SortBy) => requireOperator(useOp)],
  ['CollateClause', ({ collname }: CollateClause) => requireCollation(collname)],
  ['RangeTableSample', ({ method }: RangeTableSample) => requireSamplingMethod(method)],
  ['SQLValueFunction', ({ op }: SQLValueFunction) => requireValueFunction(op)],
]);

type Names = readonly Node[] | undefined;

function requireFunction(names: Names): void {
  if (isListed(names, builtInFunctions, extensionFunctions)) return;
  // A function named like a type is a cast.
  if (isListed(names, builtInTypes, extensionTypes)) return;
  refuse(
    `The function ${written(names)} is not allowed.`,
    `${near(names, [...builtInFunctions, ...extensionFunctions])}Functions that compute from their arguments alone are allowed.`,
  );
}

function requireType(names: Names): void {
  if (isListed(names, builtInTypes, extensionTypes)) return;
  refuse(
    `The type ${written(names)} is not allowed.`,
    `${near(names, [...builtInTypes, ...extensionTypes])}The ordinary types of text, number, time, range and JSON are allowed, and arrays of them.`,
  );
}

function requireOperator(names: Names): void {
  // IN and EXISTS have none, nor has ORDER BY without USING.
  if (names === undefined || isListed(names, builtInOperators, extensionOperators)) return;
  refuse(
    `The operator ${written(names)} is not allowed.`,
    'Use an ordinary operator without a schema.',
  );
}

function requireCollation(names: Names): void {
  const [, schema, ...more] = strings(names).reverse();
  if ((schema === undefined || schema === 'pg_catalog') && more.length === 0) return;
  refuse(`The collation ${written(names)} is not allowed.`, 'Name a collation without a schema.');
}

function requireSamplingMethod(names: Names): void {
  if (isListed(names, samplingMethods, new Set())) return;
  refuse(`The sampling method ${written(names)} is not allowed.`, 'Use BERNOULLI or SYSTEM.');
}

function requireValueFunction(op: string | undefined): void {
  if (sqlValueFunctions.has(op ?? '')) return;
  refuse(
    `${op?.replace('SVFOP_', '')} is not allowed.`,
    'Queries read retail data; they cannot ask for the role, database or schema.',
  );
}

/** BETWEEN is a kind of its own, and stands where the operator's name would. */
function isBetween(kind: string | undefined): boolean {
  return kind?.includes('BETWEEN') ?? false;
}

/** Whether the name is listed and stands alone or with the one schema that its list lives in. */
function isListed(
  names: Names,
  builtIn: ReadonlySet<string>,
  extension: ReadonlySet<string>,
): boolean {
  const [name, schema, ...more] = strings(names).reverse();
  if (name === undefined || more.length > 0) return false;
  return (
    (builtIn.has(name) && (schema === undefined || schema === 'pg_catalog')) ||
    (extension.has(name) && (schema === undefined || schema === 'extensions'))
  );
}

function written(names: Names): string {
  return strings(names).join('.');
}

function near(names: Names, allowed: readonly string[]): string {
  const sentence = suggest(strings(names).at(-1) ?? '', allowed, 'names');
  return sentence && `${sentence} `;
}
