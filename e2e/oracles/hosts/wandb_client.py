"""The official W&B client downloads an artifact, or reads a run (`--run`): prints as JSON its version, digest and the sha256
of each file, or the run's state and summary."""
import hashlib
import json
import os
import sys

import wandb

name, folder = sys.argv[1:3]
if folder == "--run":
    run = wandb.Api(timeout=30).run(name)
    print(json.dumps({"state": run.state, "summary": dict(run.summary)}))
    sys.exit()
artifact = wandb.Api(timeout=30).artifact(name)
artifact.download(root=folder)
files = {}
for entry in artifact.manifest.entries:
    with open(os.path.join(folder, entry), "rb") as file:
        files[entry] = hashlib.sha256(file.read()).hexdigest()
computed = artifact.manifest.digest() if callable(artifact.manifest.digest) else artifact.manifest.digest
print(json.dumps({"version": artifact.version, "digest": artifact.digest, "computed": computed, "files": files}))
