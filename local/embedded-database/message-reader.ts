import {
  cancelRequestCode,
  copyFail,
  DatabaseFault,
  gssEncryptionRequestCode,
  maximumMessageBytes,
  sslRequestCode,
} from './wire-protocol.ts';

/**
 * What clients send, cut into pieces that can be acted on. A request is everything up to the
 * message that asks for an answer: the engine gets it as a whole, so nobody comes between an
 * extended query's Parse and its Execute.
 */
export type ClientRequest =
  | { kind: 'encryption' }
  | { kind: 'cancel'; processId: number; secret: number }
  | { kind: 'startup'; user: string; database: string; statementTimeoutMs?: number }
  | {
      kind: 'execute';
      bytes: Buffer /** False after a Flush: more of the query follows. */;
      whole: boolean;
    }
  | { kind: 'terminate' };

/**
 * COPY FROM STDIN would make the engine read on where nothing more can come, and end it. PostgreSQL
 * ignores this message where no COPY waits for rows.
 */
const noCopy = copyFail('the embedded database takes rows by copyInto(), not over a connection');

function milliseconds(timeout: string): number {
  if (/^\d{1,9}$/.test(timeout)) return Number(timeout);
  const message = `invalid value for parameter "statement_timeout": "${timeout}"; give milliseconds`;
  throw new DatabaseFault('22023', message);
}

const protocolViolation = (message: string) => new DatabaseFault('08P01', message);

export function createMessageReader(onRequest: (request: ClientRequest) => void) {
  let chunks: Buffer[] = [];
  let available = 0;
  let wanted = 4;
  let started = false;
  let parts: Buffer[] = [];

  /** Takes the next whole message, or says by `wanted` how much has to be there first. */
  const take = (): Buffer | undefined => {
    const lengthAt = started ? 1 : 0;
    wanted = lengthAt + 4;
    if (available < wanted) return;
    const bytes = chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
    const length = bytes.readInt32BE(lengthAt);
    if (length < (started ? 4 : 8) || length > (started ? maximumMessageBytes : 10_000)) {
      throw protocolViolation('invalid message length');
    }
    wanted = lengthAt + length;
    chunks = [bytes];
    if (available < wanted) return;
    available -= wanted;
    chunks = [bytes.subarray(wanted)];
    return bytes.subarray(0, wanted);
  };

  const start = (message: Buffer) => {
    const code = message.readInt32BE(4);
    if (code === sslRequestCode || code === gssEncryptionRequestCode) {
      onRequest({ kind: 'encryption' });
    } else if (code === cancelRequestCode && message.length === 16) {
      onRequest({
        kind: 'cancel',
        processId: message.readInt32BE(8),
        secret: message.readInt32BE(12),
      });
    } else if (code >> 16 === 3) {
      started = true;
      const words = message.toString('utf8', 8).split('\0');
      const parameter = (name: string) => {
        const at = words.findIndex((word, index) => index % 2 === 0 && word === name);
        return at === -1 ? undefined : words[at + 1];
      };
      const user = parameter('user');
      if (!user) throw new DatabaseFault('28000', 'no user name in the startup packet');
      const timeout = parameter('statement_timeout');
      onRequest({
        kind: 'startup',
        user,
        database: parameter('database') || user,
        ...(timeout === undefined ? {} : { statementTimeoutMs: milliseconds(timeout) }),
      });
    } else {
      throw protocolViolation('unsupported protocol version');
    }
  };

  const collect = (message: Buffer) => {
    const type = String.fromCharCode(message.readUInt8(0));
    switch (type) {
      case 'P':
      case 'B':
      case 'D':
      case 'E':
      case 'C':
        parts.push(message);
        return;
      case 'Q':
        parts.push(message, noCopy);
        break;
      case 'S':
      case 'H':
        parts.push(noCopy, message);
        break;
      case 'd':
      case 'c':
      case 'f':
        // The rest of a COPY that failed.
        return;
      case 'X':
        onRequest({ kind: 'terminate' });
        return;
      default:
        throw protocolViolation(`unexpected message ${JSON.stringify(type)}`);
    }
    onRequest({ kind: 'execute', bytes: Buffer.concat(parts), whole: type !== 'H' });
    parts = [];
  };

  /** @throws DatabaseFault when the client does not speak the protocol. */
  return (chunk: Buffer): void => {
    chunks.push(chunk);
    available += chunk.length;
    while (available >= wanted) {
      const message = take();
      if (message === undefined) continue;
      if (started) collect(message);
      else start(message);
      wanted = started ? 5 : 4;
    }
  };
}
