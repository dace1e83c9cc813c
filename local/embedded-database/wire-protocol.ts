/**
 * The few messages of PostgreSQL's protocol that stand between clients and the engine.
 * https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** A failure that PostgreSQL would have reported itself, had it been able to. */
export class DatabaseFault extends Error {
  readonly sqlState: string;

  constructor(sqlState: string, message: string) {
    super(message);
    this.name = 'DatabaseFault';
    this.sqlState = sqlState;
  }
}

export const sslRequestCode = 80877103;
export const gssEncryptionRequestCode = 80877104;
export const cancelRequestCode = 80877102;

/** The largest message a client may send: far above any statement, far below what hurts. */
export const maximumMessageBytes = 64 * 1024 * 1024;

export function protocolMessage(type: string, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const text = (value: string) => Buffer.from(`${value}\0`);

export const simpleQuery = (sql: string) => protocolMessage('Q', text(sql));
export const sync = protocolMessage('S');
export const copyData = (rows: Uint8Array) => protocolMessage('d', rows);
export const copyDone = protocolMessage('c');
export const copyFail = (reason: string) => protocolMessage('f', text(reason));

export const readyForQuery = protocolMessage('Z', Buffer.from('I'));

export function backendKeyData(processId: number, secret: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeInt32BE(processId, 0);
  body.writeInt32BE(secret, 4);
  return protocolMessage('K', body);
}

export function startupMessage(user: string, database: string): Buffer {
  const body = text(['user', user, 'database', database, ''].join('\0'));
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(3 << 16, 4);
  return Buffer.concat([head, body]);
}

/** The connection is over after it: the engine's state behind it is gone. */
export function fatalError({ sqlState, message }: DatabaseFault): Buffer {
  const fields = ['SFATAL', 'VFATAL', `C${sqlState}`, `M${message}`, ''];
  return protocolMessage('E', text(fields.join('\0')));
}

export type ProtocolMessage = { type: string; body: Buffer };

/** Reads whole messages; an answer of the engine consists of nothing else. */
export function* readMessages(bytes: Buffer): Generator<ProtocolMessage> {
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    yield { type: String.fromCharCode(bytes.readUInt8(at)), body: bytes.subarray(at + 5, end) };
    at = end;
  }
}

/** The fields of an ErrorResponse by their one-letter codes: C SQLSTATE, M message, W where. */
export function errorFields(body: Buffer): Record<string, string> {
  const fields = body.toString().split('\0').filter(Boolean);
  return Object.fromEntries(fields.map((field) => [field.charAt(0), field.slice(1)]));
}
