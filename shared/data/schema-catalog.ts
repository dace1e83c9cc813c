import { sqlText } from './sql-text.ts';
import type { TenantSession } from './tenant-transaction.ts';

export type Column = Readonly<{
  name: string;
  type: string;
  nullable: boolean;
  comment: string | null;
}>;

export type Key = Readonly<{ kind: 'primary' | 'unique' | 'foreign'; columns: readonly string[] }>;

/** A foreign key, told from the side of the relation that it is listed under. */
export type Relationship = Readonly<{
  direction: 'refers_to' | 'referred_to_by';
  columns: readonly string[];
  other: string;
  otherColumns: readonly string[];
}>;

export type Relation = Readonly<{
  name: string;
  kind: 'table' | 'view';
  comment: string | null;
  columns: readonly Column[];
  keys: readonly Key[];
  relationships: readonly Relationship[];
}>;

/** The readable relations of schema retail by name, in alphabetical order. */
export type SchemaCatalog = ReadonlyMap<string, Relation>;

type ColumnRow = Column & { relation: string; kind: 'table' | 'view'; relation_comment: string };
type KeyRow = {
  relation: string;
  kind: Key['kind'];
  columns: string[];
  target: string | null;
  target_columns: string[];
};

/** Reads from the database what the caller's role may read; the same for every role and store. */
export async function readSchemaCatalog(session: TenantSession): Promise<SchemaCatalog> {
  const [columns, keys] = await Promise.all([
    session.rows<ColumnRow>(sqlText('queries/readable-columns.sql')),
    session.rows<KeyRow>(sqlText('queries/readable-keys.sql')),
  ]);
  const columnsByRelation = Map.groupBy(columns, ({ relation }) => relation);
  return new Map(
    [...columnsByRelation].map(([name, rows]) => [
      name,
      {
        name,
        kind: rows[0]?.kind ?? 'table',
        comment: rows[0]?.relation_comment ?? null,
        columns: rows.map(({ name, type, nullable, comment }) => ({
          name,
          type,
          nullable,
          comment,
        })),
        keys: keys
          .filter(({ relation, kind }) => relation === name && kind !== 'foreign')
          .map(({ kind, columns }) => ({ kind, columns })),
        relationships: relationshipsOf(name, keys),
      },
    ]),
  );
}

function relationshipsOf(name: string, keys: readonly KeyRow[]): Relationship[] {
  return keys.flatMap(({ kind, relation, columns, target, target_columns }) => {
    if (kind !== 'foreign' || target === null) return [];
    const found: Relationship[] = [];
    if (relation === name) {
      found.push({ direction: 'refers_to', columns, other: target, otherColumns: target_columns });
    }
    if (target === name) {
      found.push({
        direction: 'referred_to_by',
        columns: target_columns,
        other: relation,
        otherColumns: columns,
      });
    }
    return found;
  });
}

type ValuesRow = { relation: string; column: string; values: string[] };

/** The values of columns that have few, as far as the caller may see them. */
export async function readValidValues(session: TenantSession): Promise<ValuesRow[]> {
  return session.rows<ValuesRow>(sqlText('queries/valid-values.sql'));
}
