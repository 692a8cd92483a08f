/** Deployments, their statuses, and environments. */
import { listPage, notFound, refuse, type Answer, type Call, type Handler } from './types.ts';
import { viewDeployment, viewEnvironment, viewStatus } from './views.ts';
import {
  nextId,
  resolveRef,
  timestamp,
  type Deployment,
  type Environment,
  type Repository,
} from './world.ts';

type InRepository = (call: Call, repository: Repository) => Answer;

/** Finds the repository of the path first: all that follows needs it. */
export function inRepository(handler: InRepository): Handler {
  return (call) => {
    const repository = call.world.repositories[`${call.params['owner']}/${call.params['repo']}`];
    return repository === undefined ? notFound() : handler(call, repository);
  };
}

function withDeployment(
  handler: (call: Call, repository: Repository, deployment: Deployment) => Answer,
): Handler {
  return inRepository((call, repository) => {
    const id = Number(call.params['deployment_id']);
    const deployment = repository.deployments.find((item) => item.id === id);
    return deployment === undefined ? notFound() : handler(call, repository, deployment);
  });
}

/** GitHub makes an environment when a deployment first names it. */
function ensureEnvironment(call: Call, repository: Repository, name: string): Environment {
  const known = repository.environments.find((item) => item.name === name);
  if (known !== undefined) return known;
  const now = timestamp();
  const made = { id: nextId(call.world), name, created_at: now, updated_at: now };
  repository.environments.push(made);
  return made;
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}

const createDeployment = inRepository((call, repository) => {
  const { body, world } = call;
  const ref = textOf(body['ref'], '');
  const sha = resolveRef(repository, ref);
  if (sha === undefined) return refuse(422, `No ref found for: ${ref}`);
  const environment = textOf(body['environment'], 'production');
  const payload = body['payload'];
  const deployment: Deployment = {
    id: nextId(world),
    sha,
    ref,
    task: textOf(body['task'], 'deploy'),
    payload: typeof payload === 'string' ? payload : { ...(payload as Record<string, unknown> | undefined) },
    environment,
    description: textOf(body['description'], ''),
    transient_environment: body['transient_environment'] === true,
    production_environment:
      typeof body['production_environment'] === 'boolean'
        ? body['production_environment']
        : environment === 'production',
    created_at: timestamp(),
    statuses: [],
  };
  ensureEnvironment(call, repository, environment);
  repository.deployments.push(deployment);
  return { status: 201, body: viewDeployment(call.base, repository, deployment) };
});

const listDeployments = inRepository((call, repository) => {
  const filters = ['sha', 'ref', 'task', 'environment'] as const;
  const found = repository.deployments
    .filter((item) => filters.every((key) => [null, 'none', item[key]].includes(call.query.get(key))))
    .toReversed();
  return listPage(call, found, (item) => viewDeployment(call.base, repository, item));
});

const deleteDeployment = withDeployment((_call, repository, deployment) => {
  const state = deployment.statuses.at(-1)?.state;
  if (repository.deployments.length > 1 && state !== undefined && state !== 'inactive') {
    return refuse(
      422,
      'We cannot delete an active deployment unless it is the only deployment in a given repository.',
    );
  }
  repository.deployments.splice(repository.deployments.indexOf(deployment), 1);
  return { status: 204 };
});

const createStatus = withDeployment((call, repository, deployment) => {
  const { body, world } = call;
  const state = textOf(body['state'], '');
  const status = {
    id: nextId(world),
    state,
    description: textOf(body['description'], ''),
    environment: textOf(body['environment'], deployment.environment),
    environment_url: textOf(body['environment_url'], ''),
    log_url: textOf(body['log_url'], textOf(body['target_url'], '')),
    created_at: timestamp(),
  };
  deployment.statuses.push(status);
  // auto_inactive: by default a success ends earlier deployments of the same environment, but GitHub's rule
  // spares production ones.
  if (state === 'success' && body['auto_inactive'] !== false) {
    for (const earlier of repository.deployments) {
      const same = earlier !== deployment && earlier.environment === status.environment;
      if (!same || earlier.transient_environment || earlier.production_environment) continue;
      if (earlier.statuses.at(-1)?.state !== 'success') continue;
      earlier.statuses.push({ ...status, id: nextId(world), state: 'inactive', description: '' });
    }
  }
  return { status: 201, body: viewStatus(call.base, repository, deployment, status) };
});

const putEnvironment = inRepository((call, repository) => {
  const environment = ensureEnvironment(call, repository, call.params['environment_name'] ?? '');
  environment.updated_at = timestamp();
  return { status: 200, body: viewEnvironment(call.base, repository, environment) };
});

export const deploymentHandlers: Record<string, Handler> = {
  'repos/create-deployment': createDeployment,
  'repos/list-deployments': listDeployments,
  'repos/get-deployment': withDeployment((call, repository, deployment) => ({
    status: 200,
    body: viewDeployment(call.base, repository, deployment),
  })),
  'repos/delete-deployment': deleteDeployment,
  'repos/create-deployment-status': createStatus,
  'repos/list-deployment-statuses': withDeployment((call, repository, deployment) =>
    listPage(call, deployment.statuses.toReversed(), (status) =>
      viewStatus(call.base, repository, deployment, status),
    ),
  ),
  'repos/get-deployment-status': withDeployment((call, repository, deployment) => {
    const status = deployment.statuses.find((item) => item.id === Number(call.params['status_id']));
    if (status === undefined) return notFound();
    return { status: 200, body: viewStatus(call.base, repository, deployment, status) };
  }),
  'repos/get-all-environments': inRepository((call, repository) => {
    const { environments } = repository;
    const view = (item: Environment): object => viewEnvironment(call.base, repository, item);
    return listPage(call, environments, view, (list) => ({
      total_count: environments.length,
      environments: list,
    }));
  }),
  'repos/get-environment': inRepository((call, repository) => {
    const environment = repository.environments.find((item) => item.name === call.params['environment_name']);
    return environment === undefined
      ? notFound()
      : { status: 200, body: viewEnvironment(call.base, repository, environment) };
  }),
  'repos/create-or-update-environment': putEnvironment,
  'repos/delete-an-environment': inRepository((call, repository) => {
    const at = repository.environments.findIndex((item) => item.name === call.params['environment_name']);
    if (at < 0) return notFound();
    repository.environments.splice(at, 1);
    return { status: 204 };
  }),
};
