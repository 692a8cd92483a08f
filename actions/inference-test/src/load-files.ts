/** Where what is kept of a load lies: beside the results, by their name. */

export interface LoadFiles {
  /** Every request. */
  samples: string;
  /** A line per level, as vLLM's benchmark writes it. */
  bench: string;
}

/** `results.json` -> `results.samples.jsonl` and so on, in the same folder. */
export function loadFiles(results: string): LoadFiles {
  const stem = results.replace(/\.json$/, '');
  return { samples: `${stem}.samples.jsonl`, bench: `${stem}.bench.jsonl` };
}
