import { randomInt } from 'node:crypto';
import type { Socket } from 'node:net';
import { type ClientRequest, createMessageReader } from './message-reader.ts';
import type { Turn, Turns } from './turns.ts';
import { backendKeyData, DatabaseFault, fatalError, readyForQuery } from './wire-protocol.ts';

/** How long a query may run on whose client has gone. */
const goneClientGraceMs = 1_000;
/** How long an open transaction may do nothing while others wait for it. */
const idleTransactionLimitMs = 5_000;
const startupLimitMs = 10_000;
/** Unexecuted requests beyond this many bytes make a client wait with the next. */
const pendingBytesLimit = 1024 * 1024;

export type ClientConnection = {
  secret: number;
  /** Ends what the client runs or waits for, and the connection with it. */
  cancel(): void;
  /** The turn of the client's open transaction, for an owner that may leave it idle. */
  holdTurn(): Turn | undefined;
  /** For the end of the database: an idle client is only disconnected, as it may be leaving. */
  stop(): void;
};

export type Connections = Map<number, ClientConnection>;

/**
 * Serves one client: its requests in their order, each in its turn. After a fault the connection is
 * closed, for the engine that knew its transaction is gone.
 */
export function serveClient(
  socket: Socket,
  turns: Turns,
  greeting: () => Promise<Buffer>,
  connections: Connections,
): void {
  const processId = randomInt(1, 2 ** 31);
  const secret = randomInt(1, 2 ** 31);
  const leaving = new AbortController();
  const pending: Extract<ClientRequest, { kind: 'execute' }>[] = [];
  let pendingBytes = 0;
  let login = '';
  let timeoutMs: number | undefined;
  let turn: Turn | undefined;
  let working = false;
  let executing = false;
  let held = false;
  let idleTimer: NodeJS.Timeout | undefined;

  const close = (fault?: DatabaseFault) => {
    if (leaving.signal.aborted) return;
    leaving.abort(fault);
    if (fault && socket.writable) socket.end(fatalError(fault));
    else socket.destroy();
    // Whoever does not read its last message does not get to keep the connection.
    setTimeout(() => socket.destroy(), goneClientGraceMs).unref();
    if (!executing) endTurn();
  };

  const endTurn = () => {
    clearTimeout(idleTimer);
    turn?.end();
    turn = undefined;
  };

  const watchIdleTransaction = () => {
    idleTimer = setTimeout(() => {
      if (held || turns.waiting() === 0) return watchIdleTransaction();
      close(
        new DatabaseFault('25P03', 'terminating connection due to idle-in-transaction timeout'),
      );
    }, idleTransactionLimitMs);
  };

  const work = async () => {
    if (working) return;
    working = true;
    try {
      for (let request = pending.shift(); request; request = pending.shift()) {
        clearTimeout(idleTimer);
        turn ??= await turns.take(login, leaving.signal);
        executing = true;
        const status = await turn.execute(request.bytes, socket, timeoutMs);
        executing = false;
        if (status === 'refused') {
          throw new DatabaseFault('28000', `role "${login}" does not exist`);
        }
        if (leaving.signal.aborted || (status === 'idle' && request.whole)) endTurn();
        pendingBytes -= request.bytes.length;
        if (pendingBytes < pendingBytesLimit) socket.resume();
      }
      if (turn) watchIdleTransaction();
    } catch (error) {
      executing = false;
      close(error instanceof DatabaseFault ? error : new DatabaseFault('XX000', String(error)));
      endTurn();
    } finally {
      working = false;
    }
  };

  const start = async (request: Extract<ClientRequest, { kind: 'startup' }>) => {
    if (request.database !== 'postgres') {
      const message = `database "${request.database}" does not exist; it is "postgres"`;
      throw new DatabaseFault('3D000', message);
    }
    login = request.user;
    timeoutMs = request.statementTimeoutMs;
    socket.setTimeout(0);
    const hello = await greeting();
    if (!leaving.signal.aborted) {
      socket.write(Buffer.concat([hello, backendKeyData(processId, secret), readyForQuery]));
    }
  };

  const connection: ClientConnection = {
    secret,
    holdTurn() {
      held = true;
      return turn;
    },
    stop() {
      const fault = new DatabaseFault('57P01', 'terminating connection: the database is stopped');
      close(working || turn ? fault : undefined);
    },
    cancel() {
      const fault = new DatabaseFault('57014', 'canceling statement due to user request');
      if (executing) turn?.interrupt(fault);
      else if (working) close(fault);
    },
  };

  const handle = (request: ClientRequest) => {
    switch (request.kind) {
      case 'encryption':
        socket.write('N');
        return;
      case 'cancel': {
        const target = connections.get(request.processId);
        if (target?.secret === request.secret) target.cancel();
        return close();
      }
      case 'startup':
        start(request).catch(close);
        return;
      case 'terminate':
        return close();
      case 'execute':
        pending.push(request);
        pendingBytes += request.bytes.length;
        if (pendingBytes >= pendingBytesLimit) socket.pause();
        work();
    }
  };

  connections.set(processId, connection);
  const read = createMessageReader(handle);
  socket.setNoDelay(true);
  socket.setTimeout(startupLimitMs, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    try {
      if (!leaving.signal.aborted) read(chunk);
    } catch (error) {
      close(error as DatabaseFault);
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    connections.delete(processId);
    close();
    if (!executing) return;
    const abandoned = turn;
    const fault = new DatabaseFault('57014', 'the client has gone');
    setTimeout(() => {
      if (turns.timeLimited()) abandoned?.interrupt(fault);
    }, goneClientGraceMs).unref();
  });
}
