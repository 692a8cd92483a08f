/** What code that logs is handed, and the plain logger of programs that are no action. */

export interface Logger {
  info(text: string): void;
  notice(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  debug(text: string): void;
  group<T>(title: string, fn: () => Promise<T>): Promise<T>;
  /** Prints text from a model, a hub or a server: no line of it is taken as a workflow command. */
  untrusted(text: string): void;
}

/**
 * Makes hostile text safe to print: control characters go, and `::name::` or `##[name]` at the start of a
 * line, where the runner looks for workflow commands, is broken by a zero-width space.
 */
export function disarm(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')

    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
    .replace(/^(\s*)(::|##\[)/gm, '$1\u200b$2')
    .replaceAll('##[', '#\u200b#[')
    .replaceAll('::', ':\u200b:');
}

/** For programs that are no action (a supervised process, a script): plain lines with the time. */
export function plainLogger(
  write: (line: string) => void = (line) => void process.stdout.write(line),
): Logger {
  const line = (kind: string, text: string): void =>
    write(`${new Date().toISOString()} ${kind}${disarm(text)}\n`);
  return {
    info: (text) => line('', text),
    notice: (text) => line('', text),
    warning: (text) => line('warning: ', text),
    error: (text) => line('error: ', text),
    debug: () => undefined,
    group: (title, fn) => {
      line('', title);
      return fn();
    },
    untrusted: (text) => line('', text),
  };
}
