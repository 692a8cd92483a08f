/** What is taken of @kubernetes/client-node: the kubeconfig and its ways to authenticate, bundled once (dist/kubernetes) without the generated classes. */
export { KubeConfig } from '@kubernetes/client-node/dist/config.js';
