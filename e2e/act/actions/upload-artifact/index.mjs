// A stand-in for actions/upload-artifact in act. Like the real one it leaves out hidden files, stores paths relative
// to the folder when one folder is named, and to the nearest folder above all files otherwise.
import { glob, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { ArtifactNotFoundError, DefaultArtifactClient } from '@actions/artifact';
import * as core from '@actions/core';

const hidden = (root, file) =>
  file
    .slice(root.length)
    .split(sep)
    .some((part) => part.startsWith('.'));

async function filesBelow(path) {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return [path];
  const pattern = found?.isDirectory() ? join(path, '**/*') : path;
  const files = [];
  for await (const file of glob(pattern)) if ((await stat(file)).isFile()) files.push(resolve(file));
  return files.filter((file) => !hidden(found?.isDirectory() ? path : dirname(path), file));
}

function commonFolder(files) {
  let folder = dirname(files[0]);
  while (!files.every((file) => file.startsWith(folder + sep))) folder = dirname(folder);
  return folder;
}

async function deleteIfThere(client, name) {
  try {
    await client.deleteArtifact(name);
  } catch (error) {
    if (!(error instanceof ArtifactNotFoundError)) throw error;
  }
}

try {
  const name = core.getInput('name', { required: true });
  const paths = core.getMultilineInput('path', { required: true }).map((path) => resolve(path));
  const whenNone = core.getInput('if-no-files-found') || 'warn';
  if (!['warn', 'error', 'ignore'].includes(whenNone)) {
    throw new Error(`if-no-files-found: ${whenNone} is none of warn, error, ignore`);
  }
  const files = [...new Set((await Promise.all(paths.map(filesBelow))).flat())].sort();
  if (files.length === 0) {
    const message = `No files were found with the provided path: ${paths.join(', ')}. No artifacts will be uploaded.`;
    if (whenNone === 'error') core.setFailed(message);
    else if (whenNone === 'warn') core.warning(message);
    else core.info(message);
  } else {
    const only = paths.length === 1 ? await stat(paths[0]).catch(() => undefined) : undefined;
    const root = only?.isDirectory() ? paths[0] : commonFolder(files);
    const client = new DefaultArtifactClient();
    if (core.getBooleanInput('overwrite')) await deleteIfThere(client, name);
    const { id, digest, size } = await client.uploadArtifact(name, files, root);
    core.setOutput('artifact-id', String(id));
    core.setOutput('artifact-digest', digest);
    core.info(
      `stand-in for upload-artifact: ${name}, ${files.length} files, ${size} bytes, sha256 ${digest}`,
    );
  }
} catch (error) {
  core.setFailed(error instanceof Error ? error.message : String(error));
}
