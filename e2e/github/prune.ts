/**
 * Makes `openapi.subset.json`: the part of GitHub's own OpenAPI description that the emulator serves.
 *
 *     npm install @octokit/openapi@23.0.2      # 385 MB: in a folder of its own, never in this project
 *     node e2e/github/prune.ts <that folder>/node_modules/@octokit/openapi/generated/api.github.com.json
 *
 * Operations are the keys of the handler table, so an operation cannot be served without its schema.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { handlers } from './src/handlers.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Fields = { [key: string]: Json };

/** Words for people: dropped, they are two thirds of the size. `x-github` holds flags that nothing here reads. */
const DROPPED = new Set([
  'description',
  'summary',
  'examples',
  'example',
  'externalDocs',
  'x-github',
  'tags',
]);
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

function isFields(value: Json | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Removes prose, and makes alternatives mean any. Below `properties` a key is a property's name: a field called `description` stays. */
function withoutProse(value: Json, names = false): Json {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (!isFields(value)) return value;
  const kept: Fields = {};
  for (const [key, item] of Object.entries(value)) {
    if (!names && DROPPED.has(key)) continue;
    // GitHub's alternatives overlap (two kinds of error without a required field): `oneOf` would refuse both.
    const name = !names && key === 'oneOf' ? 'anyOf' : key;
    kept[name] = withoutProse(item, !names && key === 'properties');
  }
  return kept;
}

/**
 * OpenAPI 3.0's `nullable` as JSON Schema has it. GitHub's description says `nullable` without a `type`, and
 * nullable enums that lack `null`; ajv refuses the first and then rejects GitHub's own nulls for the second.
 * @returns how many places were mended
 */
function mendNullable(value: Json): number {
  if (Array.isArray(value)) return value.reduce<number>((sum, item) => sum + mendNullable(item), 0);
  if (!isFields(value)) return 0;
  let mended = 0;
  if (value['nullable'] === true) {
    const values = value['enum'];
    if (Array.isArray(values) && !values.includes(null)) {
      values.push(null);
      mended += 1;
    }
    if (value['type'] === undefined) {
      delete value['nullable'];
      const rest = { ...value };
      for (const key of Object.keys(value)) Reflect.deleteProperty(value, key);
      value['anyOf'] = [rest, { type: 'object', nullable: true, maxProperties: 0 }];
      mended += 1;
      return mended + mendNullable(rest);
    }
  }
  for (const item of Object.values(value)) mended += mendNullable(item);
  return mended;
}

/** Follows every `$ref` below `value` and copies what it names from `source` into `target`. */
function copyReferences(value: Json, source: Fields, target: Fields): void {
  if (Array.isArray(value)) {
    for (const item of value) copyReferences(item, source, target);
    return;
  }
  if (!isFields(value)) return;
  const reference = value['$ref'];
  if (typeof reference === 'string') {
    const [group, name] = reference.replace('#/components/', '').split('/');
    if (group === undefined || name === undefined)
      throw new Error(`a reference of unknown form: ${reference}`);
    const from = source[group];
    const into = (target[group] ??= {});
    if (!isFields(from) || !isFields(into) || from[name] === undefined) {
      throw new Error(`a reference to nothing: ${reference}`);
    }
    if (into[name] === undefined) {
      into[name] = withoutProse(from[name]);
      copyReferences(into[name], source, target);
    }
  }
  for (const item of Object.values(value)) copyReferences(item, source, target);
}

/** One path or component a line: small, and a diff still shows which one changed. */
function print(subset: Fields): string {
  const lines = (value: Fields): string =>
    `{\n${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => `${JSON.stringify(key)}: ${JSON.stringify(item)}`)
      .join(',\n')}\n}`;
  const components = Object.entries(subset['components'] as Fields)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, items]) => `${JSON.stringify(group)}: ${lines(items as Fields)}`);
  return (
    `{"openapi": ${JSON.stringify(subset['openapi'])},\n"info": ${JSON.stringify(subset['info'])},\n` +
    `"paths": ${lines(subset['paths'] as Fields)},\n"components": {\n${components.join(',\n')}\n}}\n`
  );
}

const [file] = process.argv.slice(2);
if (file === undefined)
  throw new Error('usage: node e2e/github/prune.ts <api.github.com.json of @octokit/openapi>');
const full = JSON.parse(await readFile(file, 'utf8')) as Fields;
const wanted = new Set(Object.keys(handlers));
const paths: Fields = {};
for (const [path, item] of Object.entries(full['paths'] as Fields)) {
  for (const method of METHODS) {
    const operation = (item as Fields)[method];
    if (!isFields(operation) || !wanted.delete(String(operation['operationId']))) continue;
    const entry = (paths[path] ??= {}) as Fields;
    entry[method] = withoutProse(operation);
  }
}
if (wanted.size > 0) throw new Error(`not in GitHub's description: ${[...wanted].join(', ')}`);
const components: Fields = {};
copyReferences(paths, full['components'] as Fields, components);
const info = full['info'] as Fields;
const subset: Fields = {
  openapi: full['openapi'] ?? '3.0.3',
  info: { title: info['title'] ?? '', version: info['version'] ?? '', license: info['license'] ?? {} },
  paths,
  components,
};
const mended = mendNullable(subset);
const text = print(subset);
await writeFile(new URL('openapi.subset.json', import.meta.url), text);
process.stdout.write(
  `${Object.keys(handlers).length} operations, ${Math.round(text.length / 1000)} kB, ${mended} nullables mended\n`,
);
