/** What may stand behind the bar of a rule. */
import { nearest } from '@sluice/runtime/input-parsers';
import type { TokenReader } from './rules-expression.ts';
import { describeToken, TokenError, type Token } from './rules-tokens.ts';
import type { MetricRef, Objective, Rule } from './rules.ts';

const WINDOWS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** What may follow the bar, each once and in any order; `against` narrows the metric itself. */
export function parseTail(reader: TokenReader, metric: MetricRef): Pick<Rule, 'confidence' | 'objective'> {
  const tail: Pick<Rule, 'confidence' | 'objective'> = {};
  for (;;) {
    const word = reader.next();
    if (word.kind === 'end') return tail;
    if (word.text === 'with' && tail.confidence === undefined) {
      tail.confidence = parseConfidence(reader);
    } else if (word.text === 'against' && metric.against === undefined) {
      metric.against = parseAgainst(reader);
    } else if (word.text === 'for' && tail.objective === undefined) {
      tail.objective = parseObjective(reader, word);
    } else {
      const near = word.kind === 'name' ? nearest(word.text, ['with', 'against', 'for']) : undefined;
      throw new TokenError(
        `${describeToken(word)} can't stand here${near === undefined || near === word.text ? '' : ` (did you mean '${near}'?)`}; after the bar only 'with 95%', 'against training' or 'for 99% over 30d' may follow, each once`,
        word.at,
      );
    }
  }
}

function parseAgainst(reader: TokenReader): string {
  const word = reader.next();
  if (word.kind !== 'name') {
    throw new TokenError(
      `'against' is followed by training, release or a file, not by ${describeToken(word)}`,
      word.at,
    );
  }
  return word.text;
}

/** `99% over 30d` */
function parseObjective(reader: TokenReader, word: Token): Objective {
  const token = reader.next();
  const share = token.kind === 'number' && token.unit === '%' ? token.value / 100 : NaN;
  if (!(share > 0 && share < 1)) {
    throw new TokenError(
      `'for' needs a share of requests above 0% and under 100%, as in 'for 99% over 30d', not ${describeToken(token)}`,
      token.at,
    );
  }
  const over = reader.next();
  if (over.text !== 'over') {
    throw new TokenError(`'for ${token.text}' is followed by 'over' and a time, as in 'over 30d'`, over.at);
  }
  const time = reader.next();
  const glued = time.kind === 'number' ? time.unit : undefined;
  const unit = time.kind === 'number' && glued === undefined ? reader.next() : undefined;
  const factor = WINDOWS[glued ?? unit?.text ?? ''];
  if (time.kind !== 'number' || factor === undefined || !(time.value > 0)) {
    throw new TokenError(
      `'over' needs a time above 0, such as 30d, 12h or 5m, not ${describeToken(time)}`,
      time.at,
    );
  }
  return { share, windowMs: time.value * factor, position: word.at };
}

function parseConfidence(reader: TokenReader): number {
  const token = reader.next();
  const value = token.kind === 'number' ? (token.unit === '%' ? token.value / 100 : token.value) : NaN;
  const unitFits = token.kind === 'number' && (token.unit === undefined || token.unit === '%');
  if (!unitFits || !(value >= 0.5 && value < 1)) {
    throw new TokenError(
      `'with' needs a confidence from 50% to under 100%, as in 'with 95%', not ${describeToken(token)}`,
      token.at,
    );
  }
  return value;
}
