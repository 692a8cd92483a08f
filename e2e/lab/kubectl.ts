/** kubectl, for what a test says in YAML; the product's own client is `@sluice/kubernetes`. */
import { run } from '@sluice/process/run';

export class Kubectl {
  readonly #program: string;
  readonly #kubeconfig: string;

  constructor(program: string, kubeconfig: string) {
    this.#program = program;
    this.#kubeconfig = kubeconfig;
  }

  /** The command's stdout; ProcessError with kubectl's words when it fails. */
  async run(args: readonly string[], input?: string, timeoutMs = 120_000): Promise<string> {
    const { stdout } = await run(this.#program, ['--kubeconfig', this.#kubeconfig, ...args], {
      timeoutMs,
      ...(input === undefined ? {} : { input }),
    });
    return stdout;
  }

  /** Applies objects, server-side, as the manager `lab`. */
  async apply(objects: readonly object[]): Promise<void> {
    const list = { apiVersion: 'v1', kind: 'List', items: objects };
    const args = ['apply', '--server-side', '--force-conflicts', '--field-manager=lab', '-f', '-'];
    await this.run(args, JSON.stringify(list));
  }

  async applyFiles(paths: readonly string[]): Promise<void> {
    const files = paths.flatMap((path) => ['-f', path]);
    await this.run(['apply', '--server-side', '--force-conflicts', '--field-manager=lab', ...files]);
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.run([...args, '-o', 'json'])) as T;
  }
}
