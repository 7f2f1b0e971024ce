"""What all servers that speak S3 have in common: keys, buckets, a client to look into them."""

from typing import Any

from .buckets import Bucket
from .process import ObjectServer

ACCESS_KEY = "KIROKACCESSKEY"
SECRET_KEY = "kirok/secret+key="
REGION = "us-east-1"


class S3Server(ObjectServer):
    """A server that speaks S3, with one account."""

    def create(self, bucket: str) -> Bucket:
        self.client().create_bucket(Bucket=bucket)
        return self.named(bucket)

    def named(self, bucket: str) -> Bucket:
        env = {
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
        }
        return Bucket(bucket, f"s3://{bucket}/artifacts", env)

    def client(self) -> Any:
        """Amazon's own client, to look at what was stored."""
        import boto3

        session = boto3.Session(ACCESS_KEY, SECRET_KEY, region_name=REGION)
        return session.client("s3", endpoint_url=self.endpoint)

    def objects(self, bucket: str) -> dict[str, bytes]:
        """All that a bucket holds, by key."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
