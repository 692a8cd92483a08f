/** The role `embedded-server` of an action's bundle; in its own file, so that start-up loads no server. */
export const embeddedRole = async (argv: string[]): Promise<void> =>
  (await import('./server.ts')).serve(argv);
