/** `mlflow:` and `models:/` against a real MLflow server with its artifact proxy, filled by MLflow's own client. */
import { dirname, join } from 'node:path';
import { run } from '@sluice/process/run';
import { Checks, readAll, resolveText } from './checks.ts';
import type { Hashes } from './checks.ts';
import { freePort, startServer } from './servers.ts';

interface Facts {
  run: string;
  model: string;
  champion: Hashes;
  weights: Hashes;
  logged: Hashes;
}

export async function checkMlflow(python: string, folder: string): Promise<Checks> {
  const checks = new Checks('mlflow');
  const port = await freePort();
  const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1'];
  const stores = [
    '--backend-store-uri',
    `sqlite:///${folder}/m.db`,
    '--artifacts-destination',
    join(folder, 'art'),
  ];
  const variables = {
    PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
    MLFLOW_DISABLE_TELEMETRY: 'true',
    HOME: folder,
  };
  await using server = await startServer(python, ['-m', 'mlflow', ...args, ...stores], {
    port,
    path: '/health',
    folder,
    env: variables,
    timeoutMs: 120_000,
  });
  const script = join(import.meta.dirname, 'mlflow_server.py');
  const { stdout } = await run(python, [script, server.url], { env: variables, timeoutMs: 120_000 });
  const facts = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Facts;
  const env = { HOME: folder, MLFLOW_TRACKING_URI: server.url };
  const alias = await resolveText('models:/llm@champion', { env });
  checks.equal('an alias, as MLflow downloads it', await readAll(alias), facts.champion);
  checks.equal('an alias becomes a version', alias.revision, '1');
  checks.equal('latest', (await resolveText('mlflow:models:/llm/latest', { env })).revision, '2');
  const artifacts = await resolveText(`mlflow:runs:/${facts.run}/weights`, { env });
  checks.equal('artifacts of a run', await readAll(artifacts), facts.weights);
  const one = await resolveText(`runs:/${facts.run}/notes/one.txt`, { env });
  checks.equal('one artifact of a run', Object.keys(await readAll(one)), ['one.txt']);
  const logged = await resolveText(`mlflow:runs:/${facts.run}/logged`, { env });
  checks.equal('a model that the run logged', await readAll(logged), facts.logged);
  const byId = await resolveText(`models:/${facts.model}`, { env });
  checks.equal('a logged model by its id', await readAll(byId), facts.logged);
  await checks.refused('no such model', resolveText('models:/none/1', { env }), 'does not exist');
  await checks.refused('no such version', resolveText('models:/llm/9', { env }), 'does not exist');
  await checks.refused('no such alias', resolveText('models:/llm@none', { env }), 'does not exist');
  await checks.refused('no such run', resolveText('mlflow:runs:/0123/x', { env }), 'does not exist');
  return checks;
}
