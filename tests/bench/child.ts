import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Runs a file of this folder as a process of its own; what it does not need of ours is left out. */
export function forkBench(file: string, environment: Readonly<Record<string, string>> = {}) {
  // CONTAINER_NAME, which containers set, would be taken for Azure.
  const { CONTAINER_NAME, ...inherited } = process.env;
  const options: ForkOptions = { env: { ...inherited, ...environment } };
  return fork(join(import.meta.dirname, file), options);
}

/** The next message of a child; rejects when it ends or says nothing in time. */
export async function messageOf<Message>(child: ChildProcess, boundMs: number): Promise<Message> {
  const signal = AbortSignal.timeout(boundMs);
  const [message] = await Promise.race([
    once(child, 'message', { signal }),
    once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`a process of the bench ended with ${code}`);
    }),
  ]);
  return message as Message;
}
