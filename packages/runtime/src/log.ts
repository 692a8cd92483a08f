/** The job log: GitHub workflow commands through @actions/core; hostile text is disarmed. */
import * as core from '@actions/core';
import { disarm, type Logger } from './logger.ts';

/** GitHub shows at most ten annotations of each kind per step: further ones become plain lines. */
const ANNOTATIONS_PER_KIND = 10;

export function actionsLogger(): Logger {
  const counts = { notice: 0, warning: 0, error: 0 };
  const annotate = (kind: keyof typeof counts, text: string): void => {
    counts[kind] += 1;
    if (counts[kind] > ANNOTATIONS_PER_KIND) core.info(`${kind}: ${text}`);
    else core[kind](text);
  };
  return {
    info: (text) => core.info(text),
    notice: (text) => annotate('notice', text),
    warning: (text) => annotate('warning', text),
    error: (text) => annotate('error', text),
    debug: (text) => core.debug(text),
    group: (title, fn) => core.group(title, fn),
    untrusted: (text) => core.info(disarm(text)),
  };
}
