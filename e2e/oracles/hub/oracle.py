"""What huggingface_hub makes of a cache that model-pull wrote, and of the fixture hub.

Run by run.ts in a virtual environment per version. Prints one JSON line per check:
{"check": str, "ok": bool, "detail": str}. Usage: oracle.py offline|online <facts.json>
"""

import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import huggingface_hub
import huggingface_hub.errors  # noqa: F401 -- a lazy module

OLD = huggingface_hub.__version__.startswith("0.")


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def report(check, ok, detail=""):
    print(json.dumps({"check": check, "ok": bool(ok), "detail": str(detail)}), flush=True)


def check(name, run):
    """A check passes when `run` returns None or True; anything else is the reason it fails."""
    try:
        result = run()
    except Exception as error:  # noqa: BLE001 -- whatever a client raises is the finding
        report(name, False, f"{type(error).__name__}: {error}")
        return
    report(name, result is None or result is True, "" if result in (None, True) else result)


def compare(folder, files):
    """None when the folder holds exactly the listed bytes."""
    found = {
        str(path.relative_to(folder)).replace(os.sep, "/"): sha256(path)
        for path in Path(folder).rglob("*")
        if path.is_file() and ".cache" not in path.parts
    }
    wanted = {entry["path"]: entry["sha256"] for entry in files}
    return None if found == wanted else f"differs: {sorted(set(found.items()) ^ set(wanted.items()))}"


def offline(facts, hub):
    repo, cache, commit, files = facts["repo"], facts["cache"], facts["commit"], facts["files"]

    def snapshot(revision):
        path = hub.snapshot_download(repo, revision=revision, cache_dir=cache)
        if os.path.realpath(path) != os.path.realpath(facts["snapshot"]):
            return f"gave {path}"
        return compare(path, files)

    check("offline: snapshot_download by tag gives our snapshot", lambda: snapshot(facts["revision"]))
    check("offline: snapshot_download by commit gives our snapshot", lambda: snapshot(commit))

    def each_file():
        for entry in files:
            path = hub.hf_hub_download(repo, entry["path"], revision=facts["revision"], cache_dir=cache)
            if sha256(path) != entry["sha256"]:
                return f"{entry['path']} has other bytes"

    check("offline: hf_hub_download gives each file's bytes", each_file)

    def lookup():
        for entry in files:
            path = hub.try_to_load_from_cache(repo, entry["path"], cache_dir=cache, revision=facts["revision"])
            if not isinstance(path, str) or not os.path.exists(path):
                return f"{entry['path']} gave {path!r}"
        missing = hub.try_to_load_from_cache(repo, "none.txt", cache_dir=cache, revision=facts["revision"])
        return None if missing is None else f"none.txt gave {missing!r}"

    check("offline: try_to_load_from_cache finds each file and no other", lookup)

    def scan():
        info = hub.scan_cache_dir(cache)
        # huggingface_hub writes CACHEDIR.TAG itself since 1.9, and older ones warn of it, whoever wrote it.
        known = f"Repo path is not a directory: {cache}/CACHEDIR.TAG"
        new = [str(warning) for warning in info.warnings if not (OLD and str(warning) == known)]
        if new:
            return f"warns: {new}"
        (found,) = info.repos
        (revision,) = found.revisions
        seen = (found.repo_id, found.repo_type, revision.commit_hash, sorted(revision.refs), len(revision.files))
        wanted = (repo, "model", commit, [facts["revision"]], len(files))
        if seen != wanted:
            return f"{seen} is not {wanted}"
        size = sum({entry["sha256"]: entry["bytes"] for entry in files}.values())
        return None if found.size_on_disk == size else f"size {found.size_on_disk} is not {size}"

    check("offline: scan_cache_dir sees one whole repository, no new warning", scan)

    def partial():
        pattern = facts["partial"]["include"]
        where = facts["partial"]["cache"]
        path = hub.snapshot_download(repo, revision=facts["revision"], cache_dir=where, allow_patterns=[pattern])
        return compare(path, facts["partial"]["files"])

    check("offline: a partial pull is found with the same patterns", partial)

    def dataset():
        ours = facts["dataset"]
        path = hub.snapshot_download(
            repo, repo_type="dataset", revision=facts["revision"], cache_dir=ours["cache"]
        )
        if os.path.realpath(path) != os.path.realpath(ours["snapshot"]):
            return f"gave {path}"
        kinds = {found.repo_type for found in hub.scan_cache_dir(ours["cache"]).repos}
        return compare(path, ours["files"]) if kinds == {"dataset"} else f"scan_cache_dir sees {kinds}"

    check("offline: a data set is found as one", dataset)

    def delete():
        with tempfile.TemporaryDirectory() as copy:
            target = os.path.join(copy, "hub")
            shutil.copytree(cache, target, symlinks=True)
            info = hub.scan_cache_dir(target)
            info.delete_revisions(commit).execute()
            left = [name for name in os.listdir(target) if name.startswith("models--")]
            return None if not left else f"left {left}"

    check("offline: delete_revisions removes what we wrote, read-only blobs too", delete)


def online(facts, hub):
    repo, files = facts["repo"], facts["files"]

    def fresh():
        path = hub.snapshot_download(repo, revision=facts["revision"], cache_dir=facts["fresh"])
        return compare(path, files)

    check("online: snapshot_download from the fixture hub gives equal bytes", fresh)

    def ours():
        path = hub.snapshot_download(repo, revision=facts["revision"], cache_dir=facts["cache"])
        return compare(path, files)

    check("online: snapshot_download over our cache gives it back", ours)

    api = hub.HfApi()
    if hasattr(api, "verify_repo_checksums"):

        def verify():
            result = api.verify_repo_checksums(repo, revision=facts["revision"], cache_dir=facts["cache"])
            bad = (result.mismatches, result.missing_paths, result.extra_paths)
            if any(bad):
                return f"mismatches, missing, extra: {bad}"
            return None if result.checked_count == len(files) else f"checked {result.checked_count}"

        check("online: verify_repo_checksums finds nothing wrong", verify)

    def unknown():
        try:
            hub.hf_hub_download(repo, "config.json", revision="v99", cache_dir=facts["fresh"])
        except hub.errors.RevisionNotFoundError:
            return None
        return "no error"

    check("online: an unknown revision is RevisionNotFoundError", unknown)


def main():
    mode, path = sys.argv[1:]
    facts = json.loads(Path(path).read_text())
    {"offline": offline, "online": online}[mode](facts, huggingface_hub)


main()
