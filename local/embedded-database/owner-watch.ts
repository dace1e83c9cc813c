/**
 * Ends the engine's process when its owner is gone, however it went. A thread of its own, because
 * the engine may be deep in a query. The owner holds the other end of standard input and never
 * writes to it.
 */
import { rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { workerData } from 'node:worker_threads';

const temporaryDirectory: string | undefined = workerData;

new Socket({ fd: 0, writable: false })
  .on('error', () => {})
  .on('close', () => {
    if (temporaryDirectory) rmSync(temporaryDirectory, { recursive: true, force: true });
    process.kill(process.pid, 'SIGKILL');
  })
  .resume();
