"""A pytest plugin: where huggingface_hub's tests download, model-pull's bundle does it, and the tests judge its cache.

run.ts gives the facts (bundle, node, fixture hubs, commits) in the file that SLUICE_FACTS names. Offline calls, and
those that only look into a cache, stay with the client: they read what the bundle wrote.
"""

import json
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

import huggingface_hub
from huggingface_hub import constants, file_download

FACTS = json.loads(Path(os.environ["SLUICE_FACTS"]).read_text())
NOT_OURS = {key: why for entry in FACTS["notOurs"] for key, why in [(entry["test"], entry["why"])]}
STATE = {"offline": 0, "uploads": 0, "commits": 0, "pulls": 0}


def pull(repo_id, include, exclude, revision, cache_dir, dest, repo_type=None):
    """Runs the bundle as a step would; returns its output `path`."""
    with tempfile.TemporaryDirectory() as workspace:
        output = Path(workspace) / "output"
        output.touch()
        hub = FACTS["hubs"][min(STATE["uploads"] // 2, len(FACTS["hubs"]) - 1)]
        inputs = {
            **FACTS["inputs"],
            "MODEL": repo_id,
            "ENDPOINT": hub,
            "CACHE-DIR": str(cache_dir or constants.HF_HUB_CACHE),
            "RELEASE-RECORD": str(Path(workspace) / "release.json"),
        }
        given = {"REVISION": revision, "INCLUDE": include, "EXCLUDE": exclude, "DEST": dest and str(dest)}
        given["REPO-TYPE"] = repo_type
        inputs.update({name: value for name, value in given.items() if value})
        env = {f"INPUT_{name}": value for name, value in inputs.items()}
        env |= {"PATH": os.environ["PATH"], "HOME": workspace, "GITHUB_WORKSPACE": workspace}
        env["GITHUB_OUTPUT"] = str(output)
        if not file_download.are_symlinks_supported(cache_dir):
            env["HF_HUB_DISABLE_SYMLINKS"] = "1"
        command = [FACTS["node"], FACTS["bundle"]]
        done = subprocess.run(command, env=env, cwd=workspace, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"model-pull ended with {done.returncode}: {done.stdout[-1500:]}{done.stderr[-500:]}")
        STATE["pulls"] += 1
        lines = output.read_text().split("\n")
        at = next(index for index, line in enumerate(lines) if line.startswith("path<<"))
        return lines[at + 1]


def snapshot_download(real):
    def run(repo_id, *, revision=None, repo_type=None, cache_dir=None, local_dir=None, **options):
        patterns = {name: listed(options.pop(f"{name}_patterns", None)) for name in ("allow", "ignore")}
        looks = STATE["offline"] > 0 or options.pop("local_files_only", False)
        if looks:
            where = {"cache_dir": cache_dir, "local_dir": local_dir, "local_files_only": STATE["offline"] == 0}
            return real(repo_id, revision=revision, repo_type=repo_type, **where)
        assert not options, f"options that the plugin doesn't know: {options}"
        return pull(repo_id, patterns["allow"], patterns["ignore"], revision, cache_dir, local_dir, repo_type)

    return run


def hf_hub_download(real):
    def run(repo_id, filename, *, revision=None, cache_dir=None, local_files_only=False):
        assert not local_files_only
        return os.path.join(pull(repo_id, filename, None, revision, cache_dir, None), filename)

    return run


def listed(patterns):
    return "\n".join([patterns] if isinstance(patterns, str) else patterns or [])


def counting(offline):
    @contextmanager
    def run(*args, **kwargs):
        STATE["offline"] += 1
        try:
            with offline(*args, **kwargs):
                yield
        finally:
            STATE["offline"] -= 1

    return run


class Api:
    """The hub's writing side, which the fixture plays with commits made beforehand."""

    def create_repo(self, name, **_):
        STATE["commits"] = STATE["uploads"] = 0
        known = "acme/snapshot" if "snapshot-download" in name else "acme/updated"
        return SimpleNamespace(repo_id=known)

    def upload_file(self, **_):
        STATE["uploads"] += 1

    def create_commit(self, **_):
        STATE["commits"] += 1
        return SimpleNamespace(oid=FACTS["commits"][STATE["commits"] - 1])

    def create_branch(self, **_):
        pass

    def delete_repo(self, repo_id, **_):
        STATE["uploads"] = 0


@pytest.fixture(scope="session")
def api():
    return Api()


def pytest_configure(config):
    for marker in ("production", "xet", "no_xet", "transfer", "api"):
        config.addinivalue_line("markers", marker)


def reason(item):
    file, *rest = item.nodeid.split("::")
    names = [file.split("/")[-1], *rest]
    keys = ["::".join(names[: end + 1]) for end in range(len(names))]
    return next((NOT_OURS[key] for key in keys if key in NOT_OURS), None)


def pytest_collection_modifyitems(config, items):
    left = [item for item in items if reason(item)]
    config.hook.pytest_deselected(items=left)
    items[:] = [item for item in items if item not in left]
    seen = {}
    for item in left:
        seen[reason(item)] = seen.get(reason(item), 0) + 1
    for why, count in seen.items():
        print(f"not run: {count} tests: {why}", flush=True)
    for module in {item.module for item in items}:
        for name, wrap in (("snapshot_download", snapshot_download), ("hf_hub_download", hf_hub_download)):
            if hasattr(module, name):
                setattr(module, name, wrap(getattr(huggingface_hub, name)))
        if hasattr(module, "offline"):
            module.offline = counting(module.offline)
        for name, value in FACTS["constants"].items():
            if hasattr(module, name):
                setattr(module, name, value)


def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome == "failed":
        print(f"\n{'ok  ' if report.passed else 'FAIL'} {report.nodeid}", flush=True)


def pytest_terminal_summary(terminalreporter):
    counts = {key: len(terminalreporter.stats.get(key, [])) for key in ("passed", "failed", "error", "skipped")}
    bad = counts["failed"] + counts["error"] + counts["skipped"]
    print(f"{STATE['pulls']} pulls by the bundle\n{counts['passed']} passed, {bad} failed", flush=True)
