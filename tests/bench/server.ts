import { once } from 'node:events';
import { forkBench, messageOf } from './child.ts';
import type { BenchDatabase } from './database.ts';

export type Usage = Readonly<{ cpuMicroseconds: number; rssBytes: number }>;

export type BenchServer = Readonly<{
  /** The MCP endpoint. */
  url: string;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}>;

const boundMs = 30_000;

/** Starts the built app in the local host as a process of its own, so that its CPU is its own. */
export async function startBenchServer(
  { settings }: BenchDatabase,
  identity: string,
): Promise<BenchServer> {
  const child = forkBench('server-process.ts', { ...settings, LOCAL_IDENTITY: identity });
  try {
    const { url } = await messageOf<{ url: string }>(child, boundMs);
    return {
      url: `${url}/mcp`,
      async usage() {
        child.send('usage');
        return messageOf<Usage>(child, boundMs);
      },
      async stop() {
        const exited = once(child, 'exit');
        child.send('stop');
        await exited;
      },
    };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
