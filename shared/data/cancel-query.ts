import pg from 'pg';

const boundMs = 2_000;

type Running = {
  processID: number | null;
  secretKey: number | null;
  host: string;
  port: number;
  ssl: boolean | object;
};

type Canceller = {
  connect(portOrPath: number | string, host?: string): void;
  cancel(processId: number, secretKey: number): void;
  on(event: string, listener: () => void): void;
  end(): void;
  stream: { destroy(): void };
};

const Connection = (pg as unknown as { Connection: new (config: object) => Canceller }).Connection;

/**
 * Asks the server to cancel what a connection is running: a CancelRequest goes over a connection of
 * its own (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
 * Best effort and never awaited: the statement timeout ends the query in any case.
 */
export function cancelQuery(client: pg.PoolClient): void {
  const { processID, secretKey, host, port, ssl } = client as unknown as Running;
  if (processID === null || secretKey === null) return;
  const canceller = new Connection({ ssl });
  const bound = setTimeout(() => canceller.stream.destroy(), boundMs);
  canceller.on(ssl ? 'sslconnect' : 'connect', () => {
    canceller.cancel(processID, secretKey);
    canceller.end();
  });
  canceller.on('error', () => {});
  canceller.on('end', () => clearTimeout(bound));
  if (host.startsWith('/')) canceller.connect(`${host}/.s.PGSQL.${port}`);
  else canceller.connect(port, host);
}
