/** Numbers that are read at each look instead of counted: how PromQL gets them out of what servers and exporters show. */

const QUEUES = [
  'vllm:num_requests_waiting',
  'sglang:num_queue_reqs',
  'tgi_queue_size',
  'llamacpp:requests_deferred',
  'nv_inference_pending_request_count',
].join('|');
const TOKENS =
  'vllm:generation_tokens_total|sglang:generation_tokens_total|tgi_request_generated_tokens_sum|llamacpp:tokens_predicted_total|sluice_output_tokens_total';

/**
 * By metric; `$sel` is the label matchers of a version, `$step` the time between two looks, such as `15s`. A pod's mean,
 * so that arms of different size can be compared.
 */
export const GAUGE_QUERIES: Readonly<Record<string, string>> = {
  queue: `avg({__name__=~"${QUEUES}",$sel})`,
  // DCGM's exporter; AMD's device metrics exporter.
  gpu_utilization: 'avg({__name__=~"DCGM_FI_DEV_GPU_UTIL|gpu_gfx_activity",$sel}) / 100',
  // MiB in DCGM, MB in AMD's: within 5 %, and both arms by the same.
  gpu_memory_gb: 'avg({__name__=~"DCGM_FI_DEV_FB_USED|gpu_used_vram",$sel}) * 1048576 / 1e9',
  // Millijoules since boot, by tokens.
  'energy.j_per_token': `sum(increase(DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{$sel}[$step])) / 1000 / (sum(increase({__name__=~"${TOKENS}",$sel}[$step])) > 0)`,
};
