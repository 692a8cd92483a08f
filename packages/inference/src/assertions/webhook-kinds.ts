/** An address that decides: it gets the answer and what was asked, as promptfoo sends them, and says `{pass, score, reason}`. */
import { isMap } from '../suites/files.ts';
import { valueFault, type Kinds } from './kinds.ts';

const USUAL_TIMEOUT_S = 5;

export const WEBHOOK_KINDS: Kinds = {
  webhook: {
    takes: ['timeout'],
    check: ({ value }) =>
      typeof value === 'string' && /^https?:\/\//.test(value) && URL.canParse(value)
        ? undefined
        : valueFault("'webhook' needs an address as its value, such as https://checks.example/llm"),
    async decide({ value, timeout = USUAL_TIMEOUT_S }, { answer, prompt, vars, aides }) {
      if (aides?.post === undefined) throw new Error('nobody asks webhooks here');
      const body = { output: answer.text, context: { prompt, vars: vars ?? {} } };
      const said = await aides.post(String(value), body, timeout * 1000);
      const { pass, score = pass === true ? 1 : 0, reason } = isMap(said) ? said : {};
      if (typeof pass !== 'boolean') throw new Error('the webhook gave no {pass: true or false}');
      if (typeof score !== 'number' || !(score >= 0 && score <= 1))
        throw new Error("the webhook's score is no number from 0 to 1");
      const told = typeof reason === 'string' ? reason.slice(0, 200) : JSON.stringify(said).slice(0, 200);
      return { passed: pass, score, reason: `the webhook is content with the answer (it said: ${told})` };
    },
  },
};
