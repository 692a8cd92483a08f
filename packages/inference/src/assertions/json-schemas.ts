/** JSON Schemas of assertions: compiled when a suite is loaded, asked when an answer is graded. */
import type { Assertion } from '../suites/types.ts';

type Validator = (value: unknown) => string | undefined;

/** By the schema itself, which an assertion carries as its value. */
const compiled = new WeakMap<object, Validator>();

/** Compiles every schema of the assertions; gives what is wrong with each that is none, by its assertion. */
export async function compileSchemas(
  assertions: readonly Assertion[],
): Promise<{ assertion: Assertion; message: string }[]> {
  const faults: { assertion: Assertion; message: string }[] = [];
  for (const assertion of assertions) {
    faults.push(...(await compileSchemas(assertion.assert ?? [])));
    const schema = schemaOf(assertion);
    if (schema === undefined) continue;
    try {
      await compile(schema);
    } catch (error) {
      faults.push({ assertion, message: (error as { message?: string }).message ?? String(error) });
    }
  }
  return faults;
}

/** Why a value doesn't fit; undefined where it does. Throws when the schema was never compiled. */
export function findMisfit(schema: object, value: unknown): string | undefined {
  const validate = compiled.get(schema);
  if (validate === undefined) throw new Error('the schema was not compiled');
  return validate(value);
}

/** The same with a schema that comes with the request, such as a tool's. Throws when it is none. */
export async function answerSchemaMisfit(schema: object, value: unknown): Promise<string | undefined> {
  return (await compile(schema))(value);
}

/** Whether a value is a schema by its form: a map. */
export function isSchema(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function compile(schema: object): Promise<Validator> {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const { Ajv } = await import('ajv');
  // As promptfoo: unknown keywords are let be.
  const validate = new Ajv({ strict: false, logger: false }).compile(schema);
  const validator: Validator = (value) => {
    if (validate(value)) return undefined;
    const [fault] = validate.errors ?? [];
    return `${fault?.instancePath === '' ? 'it' : fault?.instancePath} ${fault?.message ?? 'does not fit'}`;
  };
  compiled.set(schema, validator);
  return validator;
}

function schemaOf({ type, value }: Assertion): object | undefined {
  return /^(?:not-)?(?:is|contains)-json$/.test(type) && isSchema(value) ? value : undefined;
}
