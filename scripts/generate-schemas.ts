/**
 * Compiles schemas/<x>.schema.json into a standalone ajv validator, so that no action carries the compiler.
 * A schema says where its validator goes: "x-validator": "packages/<package>/src/<file>.gen.ts".
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as standalone from 'ajv/dist/standalone/index.js';
import { ROOT } from './action-metadata.ts';

interface GeneratedFile {
  path: string;
  text: string;
}

export function schemaModules(): GeneratedFile[] {
  const folder = join(ROOT, 'schemas');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.schema.json'))
    .sort()
    .flatMap((file) => {
      const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
      const target = schema['x-validator'];
      return typeof target === 'string' ? [{ path: join(ROOT, target), text: compile(schema, file) }] : [];
    });
}

/** CommonJS: what the types call the default export lies one `default` deeper at run time. */
const standaloneCode = (standalone.default as unknown as { default: typeof standalone.default }).default;

function compile(schema: Record<string, unknown>, file: string): string {
  const ajv = new Ajv2020({
    code: { source: true, esm: true, lines: false },
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictRequired: false,
  });
  ajv.addKeyword('x-validator');
  const code = standaloneCode(ajv, ajv.compile(schema));
  return `// @ts-nocheck
// Generated from schemas/${file} by scripts/generate.ts: change the schema, then run it.
/* eslint-disable */
${hoistRequires(code)}`;
}

/** ajv writes `require(...)` for its run-time helpers even in ESM (ajv#2209): they become imports. */
function hoistRequires(code: string): string {
  const imports: string[] = [];
  const body = code.replace(
    /const (\w+) = require\("([^"]+)"\)(\.default)?;/g,
    (_, name: string, module: string, isDefault: string | undefined) => {
      imports.push(`import ${name}Module from '${module}.js';`);
      // Node gives the whole of a CommonJS module as its default, webpack its `default` where it has one.
      return `const ${name} = ${name}Module${isDefault === undefined ? '' : `.default ?? ${name}Module`};`;
    },
  );
  const typed = body
    .replace('"use strict";', '')
    .replace(/export const validate = \w+;/, '')
    .replace(/export default (\w+);/, "export default $1 as unknown as import('ajv').ValidateFunction;");
  return [...imports, typed].join('\n');
}
