"""From a location to the store of its artifacts, by the kind of object store that its scheme names."""

from kirok.artifact_stores.objects.forks import outlive_forks
from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.protocols import Bucket
from kirok.artifact_stores.objects.store import ObjectArtifacts
from kirok.base.settings import ArtifactSettings
from kirok.rules.uris.buckets import PROVIDERS


def open_objects(location: str, settings: ArtifactSettings = ArtifactSettings()) -> ObjectArtifacts:
    """The store at an object store's URI; how it is reached comes from the environment. Nothing is contacted yet."""
    return ObjectArtifacts(open_bucket(location, settings))


def open_bucket(location: str, settings: ArtifactSettings = ArtifactSettings()) -> Bucket:
    """The bucket that a location lies in. InvalidParameter for a location that names none."""
    outlive_forks()
    place = Place.parse(location)
    match PROVIDERS[place.scheme]:
        case "s3":
            from kirok.artifact_stores.objects.s3 import S3Bucket

            return S3Bucket(place, settings)
        case "gcs":
            from kirok.artifact_stores.objects.gcs import GcsBucket

            return GcsBucket(place, settings)
        case "azure":
            from kirok.artifact_stores.objects.azure import AzureBucket

            return AzureBucket(place, settings)
