/** MLflow's API on loopback, as far as reading a model needs it. */
import { serve } from './serve.ts';
import type { TestServer } from './serve.ts';

export const MLFLOW_FILES = new Map([
  ['1/models/m-1/artifacts/MLmodel', 'flavors: {}'],
  ['1/models/m-1/artifacts/model/weights.bin', 'weights'],
  ['1/run/artifacts/single.txt', 'one'],
]);

/** `/base` with the token `tok`: model `llm`, run `r1`, and the artifact proxy, which knows no ranges. */
export async function startMlflow(
  artifactUri = 'mlflow-artifacts:/1/models/m-1/artifacts',
): Promise<TestServer> {
  return serve((request, response) => {
    const { pathname, searchParams: query } = request.url;
    const json = (value: unknown, status = 200): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const missing = (): void => json({ error_code: 'RESOURCE_DOES_NOT_EXIST', message: '::error::x' }, 404);
    if (request.headers.authorization !== 'Bearer tok') {
      json({ error_code: 'PERMISSION_DENIED' }, 401);
      return;
    }
    const call = pathname.replace(/^\/base\/api\/2\.0\//, '');
    const artifact = decodeURIComponent(call.replace(/^mlflow-artifacts\/artifacts\/?/, ''));
    if (call === 'mlflow/registered-models/alias') {
      if (query.get('alias') === 'champion') json({ model_version: { name: 'llm', version: '3' } });
      else missing();
    } else if (call === 'mlflow/registered-models/get-latest-versions')
      json({ model_versions: [{ version: '2' }, { version: '10' }] });
    else if (call === 'mlflow/model-versions/get-download-uri') {
      if (query.get('name') === 'llm') json({ artifact_uri: artifactUri });
      else missing();
    } else if (call === 'mlflow/runs/get')
      json({
        run: {
          info: { artifact_uri: 'mlflow-artifacts:/1/run/artifacts' },
          outputs: { model_outputs: [{ model_id: 'm-1' }] },
        },
      });
    else if (call === 'mlflow/logged-models/m-1')
      json({ model: { info: { name: 'model', artifact_uri: 'mlflow-artifacts:/1/models/m-1/artifacts' } } });
    else if (call === 'mlflow-artifacts/artifacts') json({ files: list(query.get('path') ?? '') });
    else if (MLFLOW_FILES.has(artifact)) response.end(MLFLOW_FILES.get(artifact));
    else missing();
  });
}

function list(path: string): unknown[] {
  const below = [...MLFLOW_FILES.keys()]
    .filter((key) => key.startsWith(`${path}/`))
    .map((key) => key.slice(path.length + 1));
  return [...new Set(below.map((key) => key.split('/')[0] ?? ''))].map((name) => {
    const text = MLFLOW_FILES.get(`${path}/${name}`);
    return text === undefined
      ? { path: name, is_dir: true }
      : { path: name, is_dir: false, file_size: text.length };
  });
}
