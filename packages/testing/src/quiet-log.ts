/** A logger that says nothing, for tests of what isn't said. */
import type { Logger } from '@sluice/runtime/logger';

export const quietLog: Logger = {
  info: () => {},
  notice: () => {},
  warning: () => {},
  error: () => {},
  debug: () => {},
  group: (_title, work) => work(),
  untrusted: () => {},
};
