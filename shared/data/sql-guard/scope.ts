import type { RangeVar } from 'libpg-query';
import { refuse } from './refusal.ts';
import { suggest } from './suggestions.ts';

/**
 * What callers may read: the relations of schema `retail`, each with the columns that are granted,
 * all names as the catalog has them. It comes from the catalog, so the guard needs no list of its own.
 */
export type ReadableRelations = ReadonlyMap<string, readonly string[]>;

/** A relation's columns in order. Where not `complete` there may be more, and no order is known. */
export type Columns = Readonly<{ names: readonly string[]; complete: boolean }>;

export const noColumns: Columns = { names: [], complete: true };
export const unknownColumns: Columns = { names: [], complete: false };

export function concatColumns(parts: readonly Columns[]): Columns {
  return {
    names: parts.flatMap(({ names }) => names),
    complete: parts.every(({ complete }) => complete),
  };
}

/** One entry of FROM. */
export type Source = Readonly<{
  /** What its columns may be qualified with; absent for a sub-select or join without an alias. */
  alias?: string;
  /** Set where `retail.<relation>` means it too: a table or view that has no alias. */
  relation?: string;
  columns: Columns;
  /** Whether its alias alone stands for a row of exactly these columns. */
  isRow: boolean;
}>;

/** What names mean in one part of a query; `outer` is the query around it. */
export type Scope = Readonly<{
  readable: ReadableRelations;
  /** WITH queries in reach, those of outer queries included. */
  withQueries: ReadonlyMap<string, Columns>;
  sources: readonly Source[];
  /** Output names, where they too may be used: in ORDER BY, GROUP BY and DISTINCT ON. */
  outputs: Columns;
  outer: Scope | undefined;
}>;

export function rootScope(readable: ReadableRelations): Scope {
  return { readable, withQueries: new Map(), sources: [], outputs: noColumns, outer: undefined };
}

/** The scope of a query's own parts, before its FROM has brought in anything. */
export function innerScope(outer: Scope): Scope {
  return { ...outer, sources: [], outputs: noColumns, outer };
}

/** The scopes from the inside out. */
export function* scopesOutward(scope: Scope): Generator<Scope> {
  for (let each: Scope | undefined = scope; each !== undefined; each = each.outer) yield each;
}

/**
 * Whether `name` may be a column here. False is certain; true may be a guess, where some columns are
 * not known.
 */
export function mayBeColumn(name: string, scope: Scope): boolean {
  for (const { sources, outputs } of scopesOutward(scope)) {
    const here = [outputs, ...sources.map(({ columns }) => columns)];
    if (here.some(({ names, complete }) => !complete || names.includes(name))) return true;
  }
  return false;
}

/** The sources that a qualifier may mean: those of the innermost query that has any. */
export function findSources(scope: Scope, matches: (source: Source) => boolean): Source[] {
  for (const { sources } of scopesOutward(scope)) {
    const found = sources.filter(matches);
    if (found.length > 0) return found;
  }
  return [];
}

/** The columns of a table or view of `retail`, which is the only schema that queries may read. */
export function readableColumns(relation: RangeVar, scope: Scope): Columns {
  const { catalogname, schemaname, relname = '' } = relation;
  // Unqualified, `pg_…` is the catalog's: pg_catalog comes first in the search path.
  const isRetail = schemaname === 'retail' || (schemaname === undefined && !/^pg_/.test(relname));
  const names = catalogname === undefined && isRetail ? scope.readable.get(relname) : undefined;
  if (names !== undefined) return { names, complete: true };
  const path = [catalogname, schemaname, relname].filter((part) => part !== undefined);
  return refuse(
    `There is no readable table or view ${path.join('.')}.`,
    suggest(relname, [...scope.withQueries.keys(), ...scope.readable.keys()], 'readable ones'),
  );
}

/** Applies the column aliases of `AS t (a, b)`, which rename from the first column on. */
export function renameColumns({ names, complete }: Columns, aliases: readonly string[]): Columns {
  if (aliases.length === 0) return { names, complete };
  return { names: complete ? [...aliases, ...names.slice(aliases.length)] : aliases, complete };
}
