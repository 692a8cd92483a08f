/** Exit codes of the supervisor that `ensureHost` tells apart. */
export const EXIT = { failed: 1, addressTaken: 3, alreadyRunning: 4, addressUnusable: 5 } as const;
