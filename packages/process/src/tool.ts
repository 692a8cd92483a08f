/** Runs a small command-line tool (git, npm) through @actions/exec, which finds it on PATH as the runner does. */
import { getExecOutput } from '@actions/exec';
import { ProcessError } from './run.ts';

/** Its output, silently; ProcessError when it can't be found or exits with another code than 0. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ stdout: string; stderr: string }> {
  const settings = { ...options, silent: true, ignoreReturnCode: true };
  const { exitCode, stdout, stderr } = await getExecOutput(command, [...args], settings).catch(
    (error: unknown) => {
      throw new ProcessError(command, { code: null, why: `could not be started (${String(error)})` }, '', '');
    },
  );
  if (exitCode !== 0) {
    throw new ProcessError(command, { code: exitCode, why: `exited with code ${exitCode}` }, stdout, stderr);
  }
  return { stdout, stderr };
}
