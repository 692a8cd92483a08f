"""One call of huggingface_hub's own client against HF_ENDPOINT, printed as JSON."""

import json
import pathlib
import sys

from huggingface_hub import HfApi, snapshot_download

call, repo, *rest = sys.argv[1:]
api = HfApi()
tags = lambda: {one.name: one.target_commit for one in api.list_repo_refs(repo).tags}
if call == "tag":
    api.create_tag(repo, tag=rest[0], revision=rest[1])
    answer = tags()[rest[0]]
elif call == "tags":
    answer = tags()
elif call == "upload":
    made = api.upload_file(path_or_fileobj=b"bytes", path_in_repo=rest[0], repo_id=repo, commit_message="theirs")
    answer = api.repo_info(repo).sha == made.oid
else:
    root = pathlib.Path(snapshot_download(repo, revision=rest[0]))
    answer = {str(one.relative_to(root)): one.read_text() for one in sorted(root.rglob("*")) if one.is_file()}
print(json.dumps(answer))
