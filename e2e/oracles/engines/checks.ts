/** Counts checks, a line each. */
export interface Counter {
  tell: (check: string, ok: boolean, detail?: string) => void;
  /** A check whose work may throw. */
  check: (name: string, work: () => Promise<boolean | string>) => Promise<void>;
  passed: () => number;
  failed: () => number;
}

export function makeCounter(): Counter {
  const counts = { passed: 0, failed: 0 };
  const tell = (check: string, ok: boolean, detail = ''): void => {
    counts[ok ? 'passed' : 'failed'] += 1;
    process.stdout.write(`${ok ? 'ok  ' : 'FAIL'} ${check}${ok || detail === '' ? '' : `: ${detail}`}\n`);
  };
  return {
    tell,
    check: async (name, work) => {
      const said = await work().catch((error: unknown) => String(error));
      tell(name, said === true, String(said));
    },
    passed: () => counts.passed,
    failed: () => counts.failed,
  };
}
