/** Programs that Go builds from its module proxy, by the recipes in build/, once, into the cache. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@sluice/process/run';
import { once } from '../act/tools.ts';
import { CACHE } from './layout.ts';

const RECIPES = join(import.meta.dirname, 'build');
const BUILD_TIMEOUT_MS = 60 * 60_000;
const KUBERNETES = 'v1.35.4';

interface Recipe {
  /** Program by the package that is it. */
  programs: Readonly<Record<string, string>>;
  /** What the linker writes into it, beside `-s -w`. */
  linked?: string;
}

const kubePrograms = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kube-proxy',
  'kubelet',
  'kubectl',
];

const BUILDS = {
  kube: {
    programs: Object.fromEntries(kubePrograms.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
    linked: ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
      .map((where) => `-X ${where}.gitVersion=${KUBERNETES}`)
      .join(' '),
  },
  traefik: { programs: { traefik: 'github.com/traefik/traefik/v3/cmd/traefik' } },
  argo: { programs: { 'rollouts-controller': 'github.com/argoproj/argo-rollouts/cmd/rollouts-controller' } },
  flagger: { programs: { flagger: 'github.com/fluxcd/flagger/cmd/flagger' } },
  openkruise: { programs: { rollouts: 'github.com/openkruise/rollouts' } },
  pause: { programs: { pause: '.' } },
  /** Nothing to build: definitions of kinds. */
  crds: { programs: {} },
} as const satisfies Record<string, Recipe>;

export type BuildName = keyof typeof BUILDS;

const environment: NodeJS.ProcessEnv = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' };

/** The recipe's files in one word: another version, flag or program is another folder. */
async function keyOf(name: BuildName): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(BUILDS[name]));
  for (const file of (await readdir(join(RECIPES, name))).sort()) {
    hash.update(`${file}\0`).update(await readFile(join(RECIPES, name, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

/** The folder with a recipe's programs, built when it isn't there: Kubernetes takes some 8 minutes on two cores, Traefik 6. */
export async function ensureBuilt(name: BuildName): Promise<string> {
  const recipe: Recipe = BUILDS[name];
  return once(join(CACHE, `${name}-${await keyOf(name)}`), async (into) => {
    for (const [program, source] of Object.entries(recipe.programs)) {
      process.stdout.write(`     building ${program}\n`);
      const flags = ['-trimpath', '-ldflags', `-s -w ${recipe.linked ?? ''}`.trim()];
      await run('nice', ['-n', '5', 'go', 'build', ...flags, '-o', join(into, program), source], {
        cwd: join(RECIPES, name),
        env: environment,
        timeoutMs: BUILD_TIMEOUT_MS,
      });
    }
  });
}

/** The folder of a module's files in Go's cache: custom resource definitions come from there, at the version that is built. */
export async function moduleFolder(name: BuildName, module: string): Promise<string> {
  const { stdout } = await run('go', ['mod', 'download', '-json', module], {
    cwd: join(RECIPES, name),
    env: environment,
    timeoutMs: 10 * 60_000,
  });
  const { Dir } = JSON.parse(stdout) as { Dir?: string };
  if (Dir === undefined) throw new Error(`${module} has no folder in Go's module cache`);
  return Dir;
}
