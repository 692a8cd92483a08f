/** Counts checks: one line each as they fall, and a last line that the caller's exit code agrees with. */

export class Checks {
  passed = 0;
  failed = 0;

  /** Tells one check. `detail` is what was seen: the line should say why, not only that. */
  tell(ok: boolean, name: string, detail = ''): void {
    if (ok) this.passed += 1;
    else this.failed += 1;
    process.stdout.write(`${ok ? 'ok    ' : 'FAILED'}  ${name}${detail === '' ? '' : `: ${detail}`}\n`);
  }

  /** The closing line; sets the exit code. */
  close(): void {
    process.stdout.write(`${this.passed} passed, ${this.failed} failed\n`);
    if (this.failed > 0 || this.passed === 0) process.exitCode = 1;
  }
}
