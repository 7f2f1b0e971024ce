"""Making the bucket (container, on Azure) that a location names."""

from kirok.artifact_stores.objects.open import open_bucket
from kirok.artifact_stores.objects.refusals import explain, store_errors
from kirok.base.settings import ArtifactSettings


def create_bucket(location: str, settings: ArtifactSettings = ArtifactSettings()) -> None:
    """Make the bucket that `location` lies in, private and in the region of the settings. One that is there stays.

    PermissionDenied where the credentials may not, InvalidParameter where somebody else has the name.
    """
    bucket = open_bucket(location, settings)
    try:
        bucket.create()
    except store_errors() as error:
        raise explain(error, bucket.facts, "create", repr(bucket.place.uri)) from error
