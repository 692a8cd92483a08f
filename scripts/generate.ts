/**
 * Writes everything that is derived: common inputs in action.yml, src/inputs.gen.ts, README tables, and
 * ajv validators from schemas/. `--check` writes nothing and fails when a file is not current.
 * Usage: node scripts/generate.ts [--check] [action … | schemas]
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as prettier from 'prettier';
import { actionNames, readAction, ROOT } from './action-metadata.ts';
import { spliceCommon } from './generate-common.ts';
import { inputsModule } from './generate-inputs.ts';
import { spliceTables } from './generate-readme.ts';
import { schemaModules } from './generate-schemas.ts';

const words = process.argv.slice(2);
const check = words.includes('--check');
const chosen = words.filter((word) => !word.startsWith('--'));
const stale: string[] = [];

async function put(path: string, text: string): Promise<void> {
  // Validators are code for machines: prettier (see .prettierignore) would make thousands of lines of them.
  const { ignored } = await prettier.getFileInfo(path, { ignorePath: join(ROOT, '.prettierignore') });
  const config = await prettier.resolveConfig(path);
  const formatted = ignored ? text : await prettier.format(text, { ...config, filepath: path });
  const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (current === formatted) return;
  stale.push(relative(ROOT, path));
  if (!check) writeFileSync(path, formatted);
}

const actions = chosen.length > 0 ? chosen.filter((word) => word !== 'schemas') : actionNames();
for (const name of actions) {
  const folder = join(ROOT, 'actions', name);
  const actionFile = join(folder, 'action.yml');
  await put(actionFile, spliceCommon(readFileSync(actionFile, 'utf8')));
  const metadata = readAction(name);
  await put(join(folder, 'src/inputs.gen.ts'), inputsModule(metadata));
  const readme = join(folder, 'README.md');
  if (existsSync(readme)) await put(readme, spliceTables(readFileSync(readme, 'utf8'), metadata));
  else stale.push(`${relative(ROOT, readme)} (missing)`);
}
for (const { path, text } of schemaModules()) await put(path, text);

if (stale.length > 0) {
  process.stdout.write(
    `${check ? 'not current' : 'written'}:\n${stale.map((path) => `  ${path}\n`).join('')}`,
  );
  if (check) process.exitCode = 1;
}
