/** Faults that a test orders from the fixture hub: each strikes the matching requests a number of times, then ends. */

interface FaultScope {
  origin: 'hub' | 'cdn' | 'xet';
  /** Strikes requests whose path contains this text; all when absent. */
  path?: string;
  method?: 'GET' | 'HEAD' | 'POST';
  /** Strikes only requests with a `Range` header, or only those without. */
  ranged?: boolean;
  /** How often it strikes; default once. */
  times?: number;
}

export type Fault = FaultScope &
  (
    | { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
    /** 429 as the Hub sends it, with `seconds` until the window opens again. */
    | { kind: 'rate-limit'; seconds: number }
    /** The connection is cut after this many bytes of the body. */
    | { kind: 'break'; afterBytes: number }
    /** The connection stays open, but nothing more comes after this many bytes. */
    | { kind: 'stall'; afterBytes: number }
    /** One byte of the body is another one; sizes and headers stay right. */
    | { kind: 'corrupt'; offset: number }
    /** `Range` is ignored: 200 and the whole file. */
    | { kind: 'ignore-range' }
    /** 302 to this address. */
    | { kind: 'redirect'; location: string }
  );

/** Takes the next fault for a request out of the list, or undefined. */
export function takeFault(
  faults: Fault[],
  origin: 'hub' | 'cdn' | 'xet',
  method: string,
  path: string,
  ranged: boolean,
): Fault | undefined {
  const index = faults.findIndex(
    (fault) =>
      fault.origin === origin &&
      (fault.method === undefined || fault.method === method) &&
      (fault.ranged === undefined || fault.ranged === ranged) &&
      (fault.path === undefined || path.includes(fault.path)),
  );
  const fault = faults[index];
  if (!fault) return undefined;
  const left = (fault.times ?? 1) - 1;
  if (left <= 0) faults.splice(index, 1);
  else faults[index] = { ...fault, times: left };
  return fault;
}

/** The headers of a 429, as huggingface_hub parses them (`utils/_http.py`). */
export function rateLimitHeaders(seconds: number): Record<string, string> {
  return {
    RateLimit: `"resolvers";r=0;t=${seconds}`,
    'RateLimit-Policy': '"fixed window";"resolvers";q=3000;w=300',
    'Retry-After': String(seconds),
  };
}
