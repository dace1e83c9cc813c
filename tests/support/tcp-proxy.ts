import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The wire between the server and its database, to be cut by a test. */
export type TcpProxy = {
  /** The same connection string, by way of the proxy. */
  through(connectionString: string): string;
  /** Passes this many bytes of the database's next answers at the most, then resets a connection. */
  resetAfter(bytes: number): void;
  /** Nothing comes through any more, and nobody is told; new connections fare the same. */
  fallSilent(): void;
  /** New connections come through again; those of the silence stay as they are. */
  heal(): void;
  close(): Promise<void>;
};

const readingTimeMs = 50;

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const open = new Set<{ sockets: readonly Socket[]; silent: boolean }>();
  let silence = false;
  let bytesUntilReset: number | undefined;

  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    const wire = { sockets: [near, far], silent: silence };
    open.add(wire);
    const pass = (from: Socket, to: Socket, cut: (chunk: Buffer) => Buffer) => {
      from.on('data', (chunk: Buffer) => {
        if (!wire.silent) to.write(cut(chunk));
      });
      from.on('error', () => {});
      from.on('close', () => {
        if (wire.silent) return;
        open.delete(wire);
        to.destroy();
      });
    };
    pass(near, far, (chunk) => chunk);
    pass(far, near, (chunk) => {
      if (bytesUntilReset === undefined) return chunk;
      const passed = chunk.subarray(0, bytesUntilReset);
      bytesUntilReset -= passed.length;
      if (passed.length < chunk.length) {
        bytesUntilReset = undefined;
        far.pause();
        // What has been passed may be lost to a reader who learns of the reset first.
        setTimeout(() => near.resetAndDestroy(), readingTimeMs);
      }
      return passed;
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    through(connectionString) {
      const url = new URL(connectionString);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    resetAfter(bytes) {
      bytesUntilReset = bytes;
    },
    fallSilent() {
      silence = true;
      for (const wire of open) wire.silent = true;
    },
    heal() {
      silence = false;
    },
    async close() {
      for (const { sockets } of open) for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
