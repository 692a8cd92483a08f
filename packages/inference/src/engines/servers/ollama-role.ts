/** The role `ollama-server` of an action's bundle; in its own file, so that start-up loads nothing of it. */
export const ollamaRole = async (argv: string[]): Promise<void> =>
  (await import('./ollama-server.ts')).serveOllama(argv);
