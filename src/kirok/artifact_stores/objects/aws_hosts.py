"""Amazon's own addresses."""


def aws_endpoint(region: str) -> str:
    """Of S3 in a region."""
    return f"https://s3.{region}.amazonaws.com{_domain_end(region)}"


def sts_endpoint(region: str) -> str:
    """Of the service that gives temporary keys; of no region in particular where `region` is ""."""
    return f"https://sts.{region}.amazonaws.com{_domain_end(region)}" if region else "https://sts.amazonaws.com"


def _domain_end(region: str) -> str:
    return ".cn" if region.startswith("cn-") else ""
