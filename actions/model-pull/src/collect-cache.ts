/** Garbage collection alone, where no `model` is named: what a scheduled workflow runs. */
import { stat } from 'node:fs/promises';
import { chooseCacheDir } from '@sluice/model-store/layout';
import { codeSpan, raw, table } from '@sluice/report/markdown';
import type { ActionContext, ActionResult } from '@sluice/runtime/action';
import { ConfigError } from '@sluice/runtime/errors';
import { formatBytes, formatDuration } from '@sluice/runtime/units';
import type { Inputs } from './inputs.gen.ts';
import { collect } from './make-room.ts';

const SHOWN = 40;

export async function collectCache(inputs: Inputs, { env, log }: ActionContext): Promise<ActionResult> {
  refuseMeaningless(inputs);
  const cache = chooseCacheDir(inputs.cacheDir, env, env['GITHUB_WORKSPACE'] ?? process.cwd());
  if (inputs.validate) {
    const reasons = [`inputs are valid: garbage would be collected in ${cache.path}`];
    return { verdict: 'pass', reasons, outputs: {} };
  }
  log.info(
    `cache ${cache.path} (from ${cache.from}); no \`model\` is named: garbage is collected, nothing pulled`,
  );
  if (!(await stat(cache.path).catch(() => undefined)))
    log.warning(`there is no ${cache.path} on this machine: is \`cache-dir\` or HF_HOME what the jobs use?`);
  const { removed, freedBytes, bytes } = await collect(
    inputs,
    cache.path,
    { incoming: 0, keep: undefined },
    log,
  );
  const what = removed.length === 1 ? '1 snapshot' : `${removed.length} snapshots`;
  const reason = `removed ${what}, freed ${formatBytes(freedBytes)}; the cache has ${formatBytes(bytes)}`;
  const rows = removed
    .slice(0, SHOWN)
    .map(({ repo, commit, lastUsed }) => [
      raw(codeSpan(repo)),
      raw(codeSpan(commit.slice(0, 12))),
      `${formatDuration(Date.now() - lastUsed)} ago`,
    ]);
  const more = removed.length > SHOWN ? `\n\n${removed.length - SHOWN} more are in the log.` : '';
  return {
    verdict: 'pass',
    reasons: [reason],
    outputs: { 'freed-bytes': String(freedBytes), 'cache-bytes': String(bytes) },
    ...(rows.length > 0 && { summary: `${table(['removed', 'revision', 'last used'], rows)}${more}` }),
  };
}

/** An input about a model, with no model, is a `model` that somebody forgot. */
function refuseMeaningless(inputs: Inputs): void {
  const given: Record<string, unknown> = {
    revision: inputs.revision,
    adapter: inputs.adapter,
    include: inputs.include[0],
    exclude: inputs.exclude[0],
    dest: inputs.dest,
    'expect-digest': inputs.expectDigest,
    'require-signature': inputs.requireSignature[0],
  };
  const faults = Object.entries(given)
    .filter(([, value]) => value !== undefined)
    .map(([name]) => `input \`${name}\` has no meaning without \`model\`: name the model, or remove it`);
  if (faults.length > 0) throw new ConfigError(faults);
}
