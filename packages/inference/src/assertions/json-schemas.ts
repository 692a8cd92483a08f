/** JSON Schemas of the assertion `is-json`: compiled when a suite is loaded, asked when an answer is graded. */
import type { Assertion } from '../suites/types.ts';

type Validator = (value: unknown) => string | undefined;

/** By the schema itself, which an assertion carries as its value. */
const compiled = new WeakMap<object, Validator>();

/** Compiles every schema of the assertions; gives what is wrong with each that is none, by its assertion. */
export async function compileSchemas(
  assertions: readonly Assertion[],
): Promise<{ assertion: Assertion; message: string }[]> {
  const wanted = assertions.filter((assertion) => schemaOf(assertion) !== undefined);
  if (wanted.length === 0) return [];
  const { Ajv } = await import('ajv');
  return wanted.flatMap((assertion) => {
    const schema = schemaOf(assertion);
    if (schema === undefined || compiled.has(schema)) return [];
    try {
      // As promptfoo: unknown keywords are let be.
      const validate = new Ajv({ strict: false, logger: false }).compile(schema);
      compiled.set(schema, (value) => {
        if (validate(value)) return undefined;
        const [fault] = validate.errors ?? [];
        return `${fault?.instancePath === '' ? 'it' : fault?.instancePath} ${fault?.message ?? 'does not fit'}`;
      });
      return [];
    } catch (error) {
      return [{ assertion, message: error instanceof Error ? error.message : String(error) }];
    }
  });
}

/** Why a value doesn't fit; undefined where it does. Throws when the schema was never compiled. */
export function findMisfit(schema: object, value: unknown): string | undefined {
  const validate = compiled.get(schema);
  if (validate === undefined) throw new Error('the schema was not compiled');
  return validate(value);
}

function schemaOf({ type, value }: Assertion): object | undefined {
  const isJson = type === 'is-json' || type === 'not-is-json';
  return isJson && typeof value === 'object' && value !== null ? value : undefined;
}
