"""Fills a moto server through boto3 (`fill`, from then on it checks signatures), or reads with boto3 what was written there."""

import json
import sys
import urllib.request

import boto3

endpoint, what = sys.argv[1], sys.argv[2]


def reset_auth(count):
    request = urllib.request.Request(
        f"{endpoint}/moto-api/reset-auth", data=count, method="POST", headers={"content-type": "text/plain"}
    )
    urllib.request.urlopen(request)


def client(name):
    keys = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup", "region_name": "us-east-1"}
    return boto3.client(name, endpoint_url=endpoint, **keys)


if what == "fill":
    iam, s3, sagemaker = client("iam"), client("s3"), client("sagemaker")
    iam.create_user(UserName="oracle")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="oracle", PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="oracle")["AccessKey"]
    s3.create_bucket(Bucket="models")
    sagemaker.create_model_package_group(ModelPackageGroupName="llm")
    for name in ["one", "two"]:
        sagemaker.create_model_package(
            ModelPackageGroupName="llm",
            InferenceSpecification={
                "Containers": [{"Image": "i", "ModelDataUrl": f"s3://models/{name}"}],
                "SupportedContentTypes": ["text/plain"],
                "SupportedResponseMIMETypes": ["text/plain"],
            },
        )
    print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
    reset_auth(b"0")
else:
    reset_auth(b"1000")
    if what == "read":
        s3 = client("s3")
        alias = json.load(s3.get_object(Bucket="models", Key="llm/aliases/live.json")["Body"])
        key = alias["address"].removeprefix("s3://models/") + "/m b.gguf"
        print(json.dumps({"address": alias["address"], "text": s3.get_object(Bucket="models", Key=key)["Body"].read().decode()}))
    else:
        packages = client("sagemaker").list_model_packages(ModelPackageGroupName="llm")["ModelPackageSummaryList"]
        print(json.dumps({str(one["ModelPackageVersion"]): one["ModelApprovalStatus"] for one in packages}))
    reset_auth(b"0")
