/** Objects by which controllers of the cluster know a workload. */
export const ROLLOUT = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' };
export const CANARY = { apiVersion: 'flagger.app/v1beta1', kind: 'Canary' };
/** Beside the Deployment that it names in `workloadRef`. */
export const KRUISE_ROLLOUT = { apiVersion: 'rollouts.kruise.io/v1beta1', kind: 'Rollout' };
