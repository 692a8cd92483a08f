// A stand-in for actions/download-artifact in act: one artifact of this run by name, its digest checked.
import { resolve } from 'node:path';
import { DefaultArtifactClient } from '@actions/artifact';
import * as core from '@actions/core';

try {
  const name = core.getInput('name', { required: true });
  const path = resolve(core.getInput('path') || process.env['GITHUB_WORKSPACE'] || '.');
  const client = new DefaultArtifactClient();
  const { artifact } = await client.getArtifact(name);
  const { downloadPath, digestMismatch } = await client.downloadArtifact(artifact.id, {
    path,
    expectedHash: artifact.digest,
  });
  if (digestMismatch) throw new Error(`artifact ${name}: what arrived is not what was uploaded (digest)`);
  core.setOutput('download-path', downloadPath ?? path);
  core.info(`stand-in for download-artifact: ${name}, sha256 checked, into ${path}`);
} catch (error) {
  core.setFailed(error instanceof Error ? error.message : String(error));
}
