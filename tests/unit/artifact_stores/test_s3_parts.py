"""What S3 says of uploads in parts, where the tests' servers never say it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest
import urllib3

from kirok.artifact_stores.objects.places import Place
from kirok.artifact_stores.objects.s3 import S3Bucket
from kirok.artifact_stores.objects.s3_parts import S3Uploads
from kirok.artifact_stores.objects.s3_requests import S3Requests
from kirok.base.errors import InvalidParameter, KirokError
from kirok.base.settings import ArtifactSettings
from kirok.entities.artifacts import ArtifactPath, Part

PATH = ArtifactPath.parse("a")


class Answers:
    """S3Requests that are answered by what was written down."""

    def __init__(self, *bodies: str) -> None:
        self._bodies = list(bodies)
        self.queries: list[dict[str, str]] = []

    def send(self, method: str, key: str, query: Mapping[str, str], *_: Any, **__: Any) -> urllib3.HTTPResponse:
        self.queries.append(dict(query))
        return urllib3.HTTPResponse(self._bodies.pop(0).encode(), status=200)


def uploads(answers: Answers) -> S3Uploads:
    place = Place.parse("s3://mine/x")
    env = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_REGION": "eu-west-1"}
    bucket = S3Bucket(place, ArtifactSettings(), env, Path("/nobody"))
    return S3Uploads(place, cast(S3Requests, answers), lambda key: {}, lambda: bucket.facts)


def page(number: int, *, more: bool) -> str:
    return (
        '<ListPartsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<NextPartNumberMarker>{number}</NextPartNumberMarker><IsTruncated>{str(more).lower()}</IsTruncated>"
        f'<Part><PartNumber>{number}</PartNumber><ETag>"tag{number}"</ETag><Size>5</Size></Part></ListPartsResult>'
    )


def test_parts_on_several_pages_are_all_told() -> None:
    answers = Answers(page(1000, more=True), page(1001, more=False))
    assert uploads(answers).parts(PATH, "id") == [Part(1000, 5, "tag1000"), Part(1001, 5, "tag1001")]
    assert [query.get("part-number-marker") for query in answers.queries] == [None, "1000"]


@pytest.mark.parametrize(
    ("code", "kind"), [("InvalidPart", InvalidParameter), ("InternalError", KirokError), ("SlowDown", KirokError)]
)
def test_an_error_in_an_answer_that_began_well_is_an_error(code: str, kind: type[KirokError]) -> None:
    answers = Answers(f"<Error><Code>{code}</Code></Error>", page(1, more=False))
    with pytest.raises(kind):
        uploads(answers).complete(PATH, "id", [Part(1, 5, "tag1")])


def test_an_upload_without_parts_is_not_put_together() -> None:
    with pytest.raises(InvalidParameter, match="no parts"):
        uploads(Answers()).complete(PATH, "id", [])
