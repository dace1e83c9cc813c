import type { TestProject } from 'vitest/node';
import { localStateFolder, startServer } from './server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The MCP endpoint of one server that all end-to-end tests share, with the small sample. */
    endpoint: string;
  }
}

export default async function setup(project: TestProject) {
  const state = await localStateFolder();
  const server = await startServer(state.path);
  project.provide('endpoint', server.url);
  return async () => {
    await server.stop();
    await state.remove();
  };
}
