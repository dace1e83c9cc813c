import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import manifest from '../../package.json' with { type: 'json' };

/** What `npm start` gives Node.js: what is measured is what is run. */
const nodeArguments = manifest.scripts.start.split(' ').filter((word) => word.startsWith('--'));

/** Runs a file of this folder as a process of its own. */
export function forkBench(file: string, environment: Readonly<Record<string, string>> = {}) {
  // CONTAINER_NAME, which containers set, would be taken for Azure.
  const { CONTAINER_NAME, ...inherited } = process.env;
  const env = { ...inherited, ...environment };
  const options: ForkOptions = { env, execArgv: nodeArguments };
  return fork(join(import.meta.dirname, file), options);
}

/** The next message of a child; rejects when it ends or says nothing in time. */
export async function messageOf<Message>(child: ChildProcess, boundMs: number): Promise<Message> {
  const settled = new AbortController();
  const signal = AbortSignal.any([settled.signal, AbortSignal.timeout(boundMs)]);
  try {
    const [message] = await Promise.race([
      once(child, 'message', { signal }),
      once(child, 'exit', { signal }).then(([code]) => {
        throw new Error(`a process of the bench ended with ${code}`);
      }),
    ]);
    return message as Message;
  } finally {
    settled.abort();
  }
}
