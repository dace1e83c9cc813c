/**
 * Ends the engine's process when its owner is gone, however it went. A thread of its own, because
 * the engine may be deep in a query. The owner holds the other end of standard input and never
 * writes to it.
 */
import { Socket } from 'node:net';

new Socket({ fd: 0, writable: false })
  .on('error', () => {})
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .resume();
