import { readSettings } from '../shared/infrastructure/config.ts';
import { type Application, createApplication } from './composition.ts';

/** Read when the app loads, so that a start with wrong settings stops there and then. */
const settings = readSettings(process.env);

let running: Application | undefined;

/** The one application of this process, built by the first call. */
export function application(): Application {
  running ??= createApplication(settings);
  return running;
}

/** Ends it; a later call builds anew. */
export async function closeApplication(): Promise<void> {
  const closing = running;
  running = undefined;
  await closing?.close();
}
