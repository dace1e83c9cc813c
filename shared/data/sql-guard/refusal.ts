import { RetailError } from '../../infrastructure/errors.ts';

/** Refuses the query: `reason` names the offending part, `hint` says what to write instead. */
export function refuse(reason: string, hint: string): never {
  throw new RetailError('query_refused', reason, { hint });
}
