/**
 * How answers travel from the engine's process to its owner: frames of a 4-byte length and that many
 * bytes of PostgreSQL's answer. A length of 0 ends the answer; a byte of status and two bytes with
 * the size of the engine's memory in MiB follow it.
 */

/** The pipe's file descriptor in the engine's process. */
export const answersDescriptor = 4;

/** `refused`: the login's role does not exist, and nothing was executed. */
const statuses = ['idle', 'transaction', 'refused'] as const;
export type AnswerStatus = (typeof statuses)[number];

const bufferBytes = 64 * 1024;
const endBytes = 7;

export function createAnswerWriter(writeSome: (bytes: Uint8Array) => number) {
  const buffer = Buffer.alloc(bufferBytes);
  let used = 0;

  const writeAll = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) at += writeSome(bytes.subarray(at));
  };
  const flush = () => {
    writeAll(buffer.subarray(0, used));
    used = 0;
  };

  return {
    write(bytes: Uint8Array) {
      if (used + bytes.length + 4 > bufferBytes) flush();
      used = buffer.writeUInt32BE(bytes.length, used);
      if (bytes.length + used > bufferBytes) {
        flush();
        writeAll(bytes);
      } else {
        buffer.set(bytes, used);
        used += bytes.length;
      }
    },
    end(status: AnswerStatus, memoryMiB: number) {
      if (used + endBytes > bufferBytes) flush();
      used = buffer.writeUInt32BE(0, used);
      used = buffer.writeUInt8(statuses.indexOf(status), used);
      used = buffer.writeUInt16BE(memoryMiB, used);
      flush();
    },
  };
}

/** Feed it what the pipe brings; it calls back with pieces of the answer, and at its end. */
export function createAnswerReader(
  onPiece: (piece: Buffer) => void,
  onEnd: (status: AnswerStatus, memoryMiB: number) => void,
) {
  let head: Buffer = Buffer.alloc(0);
  let remaining = 0;

  return (chunk: Buffer) => {
    let unread = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    head = Buffer.alloc(0);
    while (unread.length > 0) {
      if (remaining > 0) {
        const piece = unread.subarray(0, remaining);
        remaining -= piece.length;
        unread = unread.subarray(piece.length);
        onPiece(piece);
        continue;
      }
      const length = unread.length < 4 ? undefined : unread.readUInt32BE(0);
      if (length === undefined || (length === 0 && unread.length < endBytes)) {
        head = unread;
        return;
      }
      if (length === 0) onEnd(statuses[unread.readUInt8(4)] ?? 'refused', unread.readUInt16BE(5));
      remaining = length;
      unread = unread.subarray(length === 0 ? endBytes : 4);
    }
  };
}
