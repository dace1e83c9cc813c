/** A message that is longer is not held back until it is whole. */
const heldBytesLimit = 64 * 1024;

/**
 * Passes an answer on in whole messages, so that an error message can follow at any time. Only a
 * huge message passes as it comes.
 */
export function createMessageGate(pass: (bytes: Buffer) => void) {
  let begun: Buffer = Buffer.alloc(0);
  /** Bytes to come of a message that is being passed in pieces. */
  let missing = 0;

  return {
    push(piece: Buffer) {
      if (missing > 0) {
        const part = piece.subarray(0, missing);
        missing -= part.length;
        pass(part);
        piece = piece.subarray(part.length);
      }
      const bytes = begun.length === 0 ? piece : Buffer.concat([begun, piece]);
      let whole = 0;
      let next = 0;
      while (next <= bytes.length) {
        whole = next;
        if (bytes.length - whole < 5) break;
        next = whole + 1 + bytes.readInt32BE(whole + 1);
      }
      if (bytes.length - whole > heldBytesLimit) {
        missing = next - bytes.length;
        whole = bytes.length;
      }
      if (whole > 0) pass(bytes.subarray(0, whole));
      begun = bytes.subarray(whole);
    },
    /** False in the middle of a message that has been passed in part. */
    betweenMessages: () => missing === 0,
  };
}
