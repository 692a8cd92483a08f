/** Gates over made-up evaluations whose truth is known: how often they are wrong, and how often they find what is there. */
import { bootstrapBounds } from '../src/bca.ts';
import { clusteredMean } from '../src/clustered.ts';
import { meanInterval } from '../src/mean.ts';
import { newcombeDifference } from '../src/newcombe.ts';
import { decideNonInferiority, proportionBounds, type Decision } from '../src/non-inferiority.ts';
import { normalQuantile } from '../src/normal.ts';
import { pairedDifference } from '../src/paired.ts';
import { createRandom, type Random } from '../src/xoshiro.ts';

const CONFIDENCE = 0.95;

export interface Scenario {
  name: string;
  /** What the candidate is allowed to lose. */
  margin: number;
  /** One evaluation of a candidate that is truly better by `effect`, gated. */
  gate: (effect: number, random: Random) => Decision;
}

const normal = (random: Random): number => normalQuantile((random.bits() + 0.5) / 0x1_0000_0000);

/** Items of one difficulty: some known to both, some to neither, some to one. */
function pairedAnswers(n: number, effect: number, random: Random): [number[], number[]] {
  const [ours, theirs]: [number[], number[]] = [[], []];
  const discordant = 0.12;
  for (let i = 0; i < n; i++) {
    const u = random.uniform();
    const gained = (discordant + effect) / 2;
    const lost = (discordant - effect) / 2;
    const [c, b] = u < gained ? [1, 0] : u < gained + lost ? [0, 1] : u < 0.7 ? [1, 1] : [0, 0];
    ours.push(c);
    theirs.push(b);
  }
  return [ours, theirs];
}

const paired: Scenario = {
  name: 'pass or fail, 400 items, paired score',
  margin: 0.03,
  gate: (effect, random) => {
    const difference = pairedDifference(...pairedAnswers(400, effect, random), CONFIDENCE, 1);
    return decideNonInferiority(difference, paired.margin, true, CONFIDENCE).decision;
  },
};

const graded: Scenario = {
  name: 'graded scores, 150 items, paired t',
  margin: 0.03,
  gate: (effect, random) => {
    const theirs = Array.from({ length: 150 }, () => random.uniform());
    const ours = theirs.map((score) => score + effect + 0.15 * normal(random));
    return decideNonInferiority(pairedDifference(ours, theirs, CONFIDENCE), graded.margin, true, CONFIDENCE)
      .decision;
  },
};

const clustered: Scenario = {
  name: '40 passages of 6 questions, clustered t',
  margin: 0.05,
  gate: (effect, random) => {
    const [values, clusters]: [number[], string[]] = [[], []];
    for (let c = 0; c < 40; c++) {
      const shared = 0.1 * normal(random);
      for (let i = 0; i < 6; i++) {
        values.push(effect + shared + 0.1 * normal(random));
        clusters.push(`passage=${c}`);
      }
    }
    const { n, mean, se, df } = clusteredMean(values, clusters);
    const bounds = meanInterval({ n, mean, se }, CONFIDENCE, 'one', df);
    return decideNonInferiority({ n, difference: mean, se, ...bounds }, clustered.margin, true, CONFIDENCE)
      .decision;
  },
};

const unpaired: Scenario = {
  name: 'two counts of 500, Newcombe',
  margin: 0.05,
  gate: (effect, random) => {
    const count = (p: number): number => {
      let hits = 0;
      for (let i = 0; i < 500; i++) if (random.uniform() < p) hits++;
      return hits;
    };
    const [a, b] = [
      { successes: count(0.9 + effect), n: 500 },
      { successes: count(0.9), n: 500 },
    ];
    return decideNonInferiority(
      { ...newcombeDifference(a, b, CONFIDENCE), n: 500 },
      unpaired.margin,
      true,
      CONFIDENCE,
    ).decision;
  },
};

const corpus: Scenario = {
  name: 'log perplexity of 120 documents, BCa',
  margin: 0.1,
  gate: (effect, random) => {
    const rows = new Float64Array(3 * 120);
    for (let i = 0; i < 120; i++) {
      const words = 20 + Math.floor(60 * random.uniform());
      const hard = -3 + 0.3 * normal(random);
      rows.set([words * (hard + effect + 0.4 * normal(random)), words * hard, words], 3 * i);
    }
    const bounds = bootstrapBounds(rows, 3, ([a = NaN, b = NaN, w = NaN]) => (a - b) / w, CONFIDENCE, {
      draws: 500,
      seed: random.bits(),
    });
    return decideNonInferiority(
      { ...bounds, n: 120, difference: bounds.estimate },
      corpus.margin,
      true,
      CONFIDENCE,
    ).decision;
  },
};

const bar: Scenario = {
  name: 'win rate of 200 over a bar, Clopper-Pearson',
  margin: 0,
  gate: (effect, random) => {
    let wins = 0;
    for (let i = 0; i < 200; i++) if (random.uniform() < 0.75 + effect) wins++;
    const { low, high } = proportionBounds(wins, 200, CONFIDENCE);
    return low > 0.75 ? 'pass' : high < 0.75 ? 'fail' : 'inconclusive';
  },
};

export const SCENARIOS: readonly Scenario[] = [paired, graded, clustered, unpaired, corpus, bar];

export interface Rates {
  /** Of candidates as good as the baseline: how many fail. */
  falseFails: number;
  /** Of candidates worse by just what is allowed (the hardest truth that mustn't pass): how many pass. */
  falsePasses: number;
  /** Of candidates worse by three times the margin (or 0.1 where there is none): how many pass, and how many are found. */
  passesBeyond: number;
  found: number;
  /** Of candidates as good as the baseline (better by 0.1 where there is no margin): how many pass. */
  passes: number;
}

export function simulate({ margin, gate }: Scenario, runs: number, seed: number): Rates {
  const random = createRandom(seed);
  const share = (effect: number, decision: Decision): number => {
    let hits = 0;
    for (let run = 0; run < runs; run++) if (gate(effect, random) === decision) hits++;
    return hits / runs;
  };
  const beyond = margin === 0 ? -0.1 : -3 * margin;
  return {
    falseFails: share(0, 'fail'),
    falsePasses: share(-margin, 'pass'),
    passesBeyond: share(beyond, 'pass'),
    found: share(beyond, 'fail'),
    passes: share(margin === 0 ? 0.1 : 0, 'pass'),
  };
}

/** The stated rate with what `runs` runs may be off by, three standard errors. */
export function allowedRate(runs: number): number {
  const rate = 1 - CONFIDENCE;
  return rate + 3 * Math.sqrt((rate * (1 - rate)) / runs);
}
