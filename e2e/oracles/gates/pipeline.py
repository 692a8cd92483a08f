"""A Kubeflow pipeline of two steps, run by kfp's own local runner: evaluate writes metrics.json, gate calls `sluice`.

Usage: pipeline.py <node> <sluice.mjs> <accuracy> <folder>; prints `passed`, or fails as the pipeline does.
"""

import sys

from kfp import dsl, local

node, cli, accuracy, folder = sys.argv[1:5]
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=folder)


@dsl.component(install_kfp_package=False)
def evaluate(accuracy: float, metrics: dsl.Output[dsl.Artifact]):
    import json

    with open(metrics.path, "w") as file:
        json.dump({"accuracy": accuracy, "f1": 0.92}, file)


@dsl.component(install_kfp_package=False)
def gate(metrics: dsl.Input[dsl.Artifact], node: str, cli: str, record: str) -> str:
    import subprocess

    command = [node, cli, "eval-gate", "--results", metrics.path, "--thresholds", "accuracy >= 0.9"]
    subprocess.run([*command, "--release-record", record], check=True)
    return "passed"


@dsl.pipeline
def release(accuracy: float, node: str, cli: str, record: str) -> str:
    evaluated = evaluate(accuracy=accuracy)
    return gate(metrics=evaluated.outputs["metrics"], node=node, cli=cli, record=record).output


print(release(accuracy=float(accuracy), node=node, cli=cli, record=f"{folder}/release.json").output)
