"""Fills a running moto server through boto3 and prints what it holds; afterwards the server checks signatures."""

import hashlib
import json
import sys
import urllib.request

import boto3

endpoint, objects_folder = sys.argv[1], sys.argv[2]
keys = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup", "region_name": "us-east-1"}
iam = boto3.client("iam", endpoint_url=endpoint, **keys)
s3 = boto3.client("s3", endpoint_url=endpoint, **keys)

iam.create_user(UserName="oracle")
policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
iam.put_user_policy(UserName="oracle", PolicyName="all", PolicyDocument=json.dumps(policy))
key = iam.create_access_key(UserName="oracle")["AccessKey"]

s3.create_bucket(Bucket="models")
s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
content = {
    "llm/model.safetensors": bytes(range(256)) * 4000,
    "llm/sub/a b+ü&=%41.json": b'{"a": 1}',
    "llm/empty": b"",
    "llm2/other": b"not part of it",
}
for name, data in content.items():
    checksum = {"ChecksumAlgorithm": "SHA256"} if name.endswith("safetensors") else {}
    s3.put_object(Bucket="models", Key=name, Body=data, **checksum)

# More than one page.
for number in range(1100):
    s3.put_object(Bucket="models", Key=f"many/{number:04}.txt", Body=b"x%d" % number)

# In parts: its ETag is no hash.
parts = [b"a" * (5 << 20), b"b" * 1000]
upload = s3.create_multipart_upload(Bucket="models", Key="parts/big.bin")["UploadId"]
done = []
for number, part in enumerate(parts, 1):
    answer = s3.upload_part(Bucket="models", Key="parts/big.bin", UploadId=upload, PartNumber=number, Body=part)
    done.append({"ETag": answer["ETag"], "PartNumber": number})
s3.complete_multipart_upload(
    Bucket="models", Key="parts/big.bin", UploadId=upload, MultipartUpload={"Parts": done}
)

# Two versions of one name.
versions = [s3.put_object(Bucket="models", Key="v/model.bin", Body=text)["VersionId"] for text in (b"first", b"second")]

# What DVC pushed to a folder, as an S3 remote.
import pathlib

root = pathlib.Path(objects_folder)
if root.is_dir():
    for path in root.rglob("*"):
        if path.is_file():
            s3.put_object(Bucket="models", Key=f"dvc/{path.relative_to(root)}", Body=path.read_bytes())

def sha256(data):
    return hashlib.sha256(data).hexdigest()

print(
    json.dumps(
        {
            "keys": [key["AccessKeyId"], key["SecretAccessKey"]],
            "llm": {name[4:]: sha256(data) for name, data in content.items() if name.startswith("llm/")},
            "big": sha256(b"".join(parts)),
            "versions": versions,
        }
    )
)
reset = urllib.request.Request(
    f"{endpoint}/moto-api/reset-auth", data=b"0", method="POST", headers={"content-type": "text/plain"}
)
urllib.request.urlopen(reset)
