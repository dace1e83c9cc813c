import type pg from 'pg';
import { cached } from '../infrastructure/cached.ts';
import { toDatabaseError } from './database-errors.ts';
import { sqlText } from './sql-text.ts';

/** What decides who may see which store; a copy of it is believed for half a minute. */
export type AccessSnapshot = Readonly<{
  /** The region of each store that is open. */
  regionOfOpenStore: ReadonlyMap<string, string>;
  /** The store of each labs' user id (a UUID in lower case). */
  storeOfUserId: ReadonlyMap<string, string>;
  revokedTokenIds: ReadonlySet<string>;
  /** Unix time in seconds up to which the tokens of a subject are revoked. */
  subjectRevokedAt: ReadonlyMap<string, number>;
}>;

export type ReadAccessSnapshot = () => Promise<AccessSnapshot>;

type Row = {
  region_of_open_store: Record<string, string>;
  store_of_user_id: Record<string, string>;
  revoked_token_ids: string[];
  subject_revoked_at: Record<string, number>;
};

/** A revocation takes effect within this time on every instance. */
export const accessLifetimeMs = 30_000;

/** Reads on the service login: callers may read none of it. */
export function createAccessSnapshot(service: pg.Pool): ReadAccessSnapshot {
  return cached(() => readAccessSnapshot(service), accessLifetimeMs);
}

async function readAccessSnapshot(service: pg.Pool): Promise<AccessSnapshot> {
  try {
    const { rows } = await service.query<Row>(sqlText('queries/access-snapshot.sql'));
    const [row] = rows;
    if (!row) throw new TypeError('a row of aggregates is missing');
    return {
      regionOfOpenStore: new Map(Object.entries(row.region_of_open_store)),
      storeOfUserId: new Map(Object.entries(row.store_of_user_id)),
      revokedTokenIds: new Set(row.revoked_token_ids),
      subjectRevokedAt: new Map(Object.entries(row.subject_revoked_at)),
    };
  } catch (error) {
    throw toDatabaseError(error);
  }
}

type Revocable = Readonly<{
  subject: string;
  tokenId: string | undefined;
  issuedAt: number | undefined;
}>;

/** Whether a token is revoked by its id or, when it was issued before that, with its subject. */
export function isRevoked(
  { subject, tokenId, issuedAt = 0 }: Revocable,
  { revokedTokenIds, subjectRevokedAt }: AccessSnapshot,
): boolean {
  if (tokenId !== undefined && revokedTokenIds.has(tokenId)) return true;
  const revokedAt = subjectRevokedAt.get(subject);
  return revokedAt !== undefined && issuedAt <= revokedAt;
}
