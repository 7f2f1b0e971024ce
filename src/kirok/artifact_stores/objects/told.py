"""Errors of a store, in words of the artifact that somebody asked for."""

from collections.abc import Iterator
from contextlib import contextmanager

from kirok.artifact_stores.objects.protocols import Bucket
from kirok.artifact_stores.objects.refusals import Act, explain, store_errors
from kirok.entities.artifacts import ArtifactPath


@contextmanager
def told(bucket: Bucket, act: Act, path: ArtifactPath) -> Iterator[None]:
    """Turns what obstore and requests raise into what it means for the artifact at `path`."""
    try:
        yield
    except store_errors() as error:
        raise explain(error, bucket.facts, act, repr(str(path))) from error
    except OSError as error:
        # obstore's writer raises a plain one for whatever the store says; those of this machine have a number.
        if type(error) is not OSError or error.errno is not None:
            raise
        raise explain(error, bucket.facts, act, repr(str(path))) from error
