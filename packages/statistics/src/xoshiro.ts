import { seededRandom } from './random.ts';

/**
 * xoshiro128** (Blackman and Vigna 2021, "Scrambled linear pseudorandom number generators"), seeded by splitmix32 (random.ts).
 * Fast, of period 2^128 − 1, and the same everywhere: a verdict doesn't change when it is made again. Not for secrets.
 */
export interface Random {
  /** The four words of the generator: hot loops step them in local variables and put them back. */
  state: Int32Array;
  /** 32 random bits as an unsigned integer. */
  bits(): number;
  /** In [0, 1), from 32 bits. */
  uniform(): number;
  /** An integer from 0 to below `n`, each alike (rejection of the biased rest), n <= 2^32. */
  below(n: number): number;
}

// Taken out of the global once: where code runs in a realm of its own (tests do), each look-up of a global is slow.
const { imul } = Math;

export function createRandom(seed: number): Random {
  const state = seedState(seed);
  const bits = (): number => {
    const a = state[0] as number;
    const b = state[1] as number;
    const c = state[2] as number;
    const d = state[3] as number;
    const scaled = imul(b, 5);
    const third = c ^ a;
    const fourth = d ^ b;
    state[0] = a ^ fourth;
    state[1] = b ^ third;
    state[2] = third ^ (b << 9);
    state[3] = (fourth << 11) | (fourth >>> 21);
    return imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
  };
  const uniform = (): number => bits() / 0x1_0000_0000;
  const below = (n: number): number => {
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % n);
    for (;;) {
      const value = bits();
      if (value < limit) return value % n;
    }
  };
  return { state, bits, uniform, below };
}

function seedState(seed: number): Int32Array {
  const next = seededRandom(seed);
  const word = (): number => (next() * 2 ** 32) | 0;
  return Int32Array.of(word(), word(), word(), word() | 1);
}
