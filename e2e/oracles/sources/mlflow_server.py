"""Fills a running MLflow server through its own client and prints what that client downloads."""

import hashlib
import json
import pathlib
import sys
import tempfile

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
source = pathlib.Path(tempfile.mkdtemp())
(source / "sub").mkdir()
(source / "MLmodel").write_text("flavors: {}\n")
(source / "model.bin").write_bytes(bytes(range(256)) * 4000)
(source / "sub" / "a b+ü.json").write_text("{}")
(source / "sub" / "empty").write_text("")

with mlflow.start_run() as run:
    mlflow.log_artifacts(str(source), "weights")
    mlflow.log_text("one", "notes/one.txt")
client.create_registered_model("llm")
for _ in range(2):
    version = client.create_model_version("llm", f"{run.info.artifact_uri}/weights", run_id=run.info.run_id)
client.set_registered_model_alias("llm", "champion", "1")

# MLflow 3 keeps a logged model apart from its run.
model = client.create_logged_model(
    run.info.experiment_id, name="logged", source_run_id=run.info.run_id
)
client.log_model_artifacts(model.model_id, str(source))
client.finalize_logged_model(model.model_id, "READY")
client.log_outputs(run.info.run_id, [mlflow.entities.LoggedModelOutput(model.model_id, step=0)])


def hashes(uri):
    root = pathlib.Path(mlflow.artifacts.download_artifacts(uri, dst_path=tempfile.mkdtemp()))
    if root.is_file():
        return {root.name: hashlib.sha256(root.read_bytes()).hexdigest()}
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in root.rglob("*")
        if path.is_file() and path.name != "registered_model_meta"
    }


print(
    json.dumps(
        {
            "run": run.info.run_id,
            "model": model.model_id,
            "champion": hashes("models:/llm@champion"),
            "weights": hashes(f"runs:/{run.info.run_id}/weights"),
            "logged": hashes(f"runs:/{run.info.run_id}/logged"),
        }
    )
)
