/** Every operation the emulator serves, by GitHub's own operation id. `prune.ts` keeps the schemas of these. */
import { inRepository, deploymentHandlers } from './deployments.ts';
import { gitHandlers } from './git.ts';
import { talkHandlers } from './talk.ts';
import { listPage, notFound, type Handler } from './types.ts';
import { viewArtifact } from './views.ts';
import type { Artifact } from './world.ts';

const artifactHandlers: Record<string, Handler> = {
  'actions/list-workflow-run-artifacts': inRepository((call, repository) => {
    const name = call.query.get('name');
    const found = call.world.artifacts.filter(
      (item) => item.finalized && item.run === call.params['run_id'] && (name === null || item.name === name),
    );
    const view = (item: Artifact): object => viewArtifact(call.base, repository, item);
    return listPage(call, found, view, (list) => ({ total_count: found.length, artifacts: list }));
  }),
  'actions/get-artifact': inRepository((call, repository) => {
    const found = call.world.artifacts.find(
      (item) => item.finalized && item.id === Number(call.params['artifact_id']),
    );
    return found === undefined
      ? notFound()
      : { status: 200, body: viewArtifact(call.base, repository, found) };
  }),
};

export const handlers: Record<string, Handler> = {
  ...deploymentHandlers,
  ...gitHandlers,
  ...talkHandlers,
  ...artifactHandlers,
};
