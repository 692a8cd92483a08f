"""Prints what MLflow's own client finds of a registered model and of an experiment."""

import json
import sys

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
client = mlflow.MlflowClient()
model = client.get_registered_model(sys.argv[2])
versions = client.search_model_versions(f"name = '{sys.argv[2]}'")
experiment = client.get_experiment_by_name(sys.argv[3])
runs = client.search_runs([experiment.experiment_id])
print(
    json.dumps(
        {
            "aliases": {alias: str(version) for alias, version in model.aliases.items()},
            "versions": {
                str(version.version): {
                    "source": version.source,
                    "digest": version.tags.get("sluice.digest"),
                    "comment": version.tags.get("sluice.comment"),
                    "description": version.description,
                    "stage": version.current_stage,
                }
                for version in versions
            },
            "runs": [
                {
                    "status": run.info.status,
                    "metrics": run.data.metrics,
                    "verdict": run.data.tags.get("sluice.verdict"),
                }
                for run in runs
            ],
        }
    )
)
