/** The same server with MLflow's own basic-auth app: who may not is told so, and what would help. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { register } from '@sluice/registries/open';
import { Checks } from '../sources/checks.ts';
import { contextOf, pointerTo, startMlflow, subjectOf } from './check-mlflow.ts';

const ADMIN = { name: 'admin', password: 'an-admin-of-a-test' };
const READER = { name: 'reader', password: 'a-reader-of-a-test' };

/** @param packages folder of what MLflow's app needs besides MLflow */
export async function checkMlflowAuth(python: string, packages: string, folder: string): Promise<Checks> {
  const checks = new Checks('mlflow with basic-auth');
  await mkdir(folder, { recursive: true });
  const config = join(folder, 'auth.ini');
  const settings = {
    default_permission: 'READ',
    database_uri: `sqlite:///${folder}/auth.db`,
    admin_username: ADMIN.name,
    admin_password: ADMIN.password,
    authorization_function: 'mlflow.server.auth:authenticate_request_basic_auth',
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}`);
  await writeFile(config, ['[mlflow]', ...lines, ''].join('\n'));
  await using server = await startMlflow(python, folder, {
    args: ['--app-name', 'basic-auth'],
    env: { MLFLOW_AUTH_CONFIG_PATH: config, MLFLOW_FLASK_SERVER_SECRET_KEY: 'test', PYTHONPATH: packages },
  });
  const as = (who?: { name: string; password: string }) =>
    contextOf({
      MLFLOW_TRACKING_URI: server.url,
      ...(who && { MLFLOW_TRACKING_USERNAME: who.name, MLFLOW_TRACKING_PASSWORD: who.password }),
    });
  const basic = `Basic ${Buffer.from(`${ADMIN.name}:${ADMIN.password}`).toString('base64')}`;
  const made = await fetch(`${server.url}/api/2.0/mlflow/users/create`, {
    method: 'POST',
    headers: { authorization: basic, 'content-type': 'application/json' },
    body: JSON.stringify({ username: READER.name, password: READER.password }),
  });
  checks.equal('a user who may read', made.status, 200);
  const llm = { kind: 'mlflow', given: 'mlflow:llm', name: 'llm' } as const;
  const mend = 'give MLFLOW_TRACKING_USERNAME';
  await checks.refused('no credentials', register(llm, subjectOf('a'), as()), mend);
  const wrong = as({ name: 'admin', password: 'not-the-password' });
  await checks.refused('a wrong password', register(llm, subjectOf('a'), wrong), mend);
  checks.equal('the owner', (await register(llm, subjectOf('a'), as(ADMIN))).changed, true);
  const owners = await pointerTo('mlflow:llm@production', as(ADMIN));
  const readers = await pointerTo('mlflow:llm@production', as(READER));
  checks.equal('the owner promotes', (await owners.promote(subjectOf('a'), null)).to, '1');
  checks.equal('a reader sees it', await readers.observe(), '1');
  await register(llm, subjectOf('b'), as(ADMIN));
  await checks.refused(
    'a reader promotes',
    readers.promote(subjectOf('b'), '1'),
    'may not be read or changed',
  );
  checks.equal('… and nothing moved', await owners.observe(), '1');
  return checks;
}
