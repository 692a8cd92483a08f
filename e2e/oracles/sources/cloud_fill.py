"""Fills fake-gcs-server and Azurite through Google's and Microsoft's own clients and prints what they hold."""

import datetime
import hashlib
import json
import os
import sys

from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    ContainerSasPermissions,
    ContentSettings,
    generate_blob_sas,
    generate_container_sas,
)
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

gcs_url, azure_connection = sys.argv[1], sys.argv[2]
payload = b"weights" * 500_000
header = json.dumps({"w": {"dtype": "U8", "shape": [len(payload)], "data_offsets": [0, len(payload)]}}).encode()
content = {
    "llm/model.safetensors": len(header).to_bytes(8, "little") + header + payload,
    "llm/sub/a b+ü&=%41#(1).json": b'{"a": 1}',
    "llm/empty": b"",
    "llm2/other": b"not part of it",
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


os.environ["STORAGE_EMULATOR_HOST"] = gcs_url
gcs = storage.Client(credentials=AnonymousCredentials(), project="oracle")
bucket = gcs.create_bucket("models")
bucket.versioning_enabled = True
bucket.patch()
generations = []
for name, data in content.items():
    bucket.blob(name).upload_from_string(data)
for text in (b"first", b"second"):
    blob = bucket.blob("v/model.bin")
    blob.upload_from_string(text)
    generations.append(str(blob.generation))
for number in range(1100):
    bucket.blob(f"many/{number:04}.txt").upload_from_string(b"x%d" % number)
parts = [bucket.blob(f"parts/{number}") for number in range(2)]
for number, part in enumerate(parts):
    part.upload_from_string(bytes([65 + number]) * 1_000_003)
composed = bucket.blob("composed.bin")
composed.compose(parts)

azure = BlobServiceClient.from_connection_string(azure_connection)
container = azure.create_container("models")
for name, data in content.items():
    digest = bytearray(hashlib.md5(data).digest())
    settings = ContentSettings(content_md5=digest) if name.endswith("json") else None
    container.upload_blob(name, data, content_settings=settings, metadata={"from": "oracle"})
azure.create_container("dvc")
public = azure.create_container("public", public_access="container")
public.upload_blob("llm/model.bin", b"for all")


def sas(ends_in_hours, what, **more):
    now = datetime.datetime.now(datetime.timezone.utc)
    common = {
        "account_name": azure.account_name,
        "container_name": "models",
        "account_key": azure.credential.account_key,
        "expiry": now + datetime.timedelta(hours=ends_in_hours),
    }
    return what(**common, **more)


reading = ContainerSasPermissions(read=True, list=True)
print(
    json.dumps(
        {
            "llm": {name[4:]: sha256(data) for name, data in content.items() if name.startswith("llm/")},
            "part": content["llm/model.safetensors"][1000:1004].decode(),
            "generations": generations,
            "composed": sha256(b"A" * 1_000_003 + b"B" * 1_000_003),
            "sas": sas(1, generate_container_sas, permission=reading),
            "ended": sas(-1, generate_container_sas, permission=reading),
            "writing": sas(1, generate_container_sas, permission=ContainerSasPermissions(write=True)),
            "oneBlob": sas(
                1, generate_blob_sas, blob_name="llm/model.safetensors", permission=BlobSasPermissions(read=True)
            ),
        }
    )
)
