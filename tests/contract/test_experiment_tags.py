"""Tags of experiments."""

import pytest

from kirok.base.errors import InvalidParameter, NotFound
from kirok.entities.experiments import ExperimentTag
from kirok.stores.protocols import Stores


def test_a_tag_is_set_and_overwritten(stores: Stores, experiment_id: str) -> None:
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("owner", "kim"))
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("owner", "박"))
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("note", ""))
    assert stores.experiments.get_experiment(experiment_id).tags == {"owner": "박", "note": ""}


def test_a_long_value_is_kept_whole(stores: Stores, experiment_id: str) -> None:
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("note", "x" * 20_000))
    assert stores.experiments.get_experiment(experiment_id).tags["note"] == "x" * 20_000


@pytest.mark.parametrize(
    "tag",
    [
        ExperimentTag("k", "x" * 20_001),
        ExperimentTag("k" * 251, "v"),
        ExperimentTag("a//b", "v"),
        ExperimentTag("../b", "v"),
        ExperimentTag("a;b", "v"),
        ExperimentTag("", "v"),
    ],
    ids=["long value", "long key", "double slash", "upwards", "semicolon", "empty key"],
)
def test_a_tag_that_breaks_the_rules_is_refused(stores: Stores, experiment_id: str, tag: ExperimentTag) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.set_experiment_tag(experiment_id, tag)
    assert stores.experiments.get_experiment(experiment_id).tags == {}


def test_a_deleted_experiment_takes_no_tag(stores: Stores, experiment_id: str) -> None:
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("owner", "kim"))
    stores.experiments.delete_experiment(experiment_id)
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("owner", "lee"))
    with pytest.raises(InvalidParameter, match="must be in the 'active' state"):
        stores.experiments.delete_experiment_tag(experiment_id, "owner")
    assert stores.experiments.get_experiment(experiment_id).tags == {"owner": "kim"}


def test_an_unknown_experiment_takes_no_tag(stores: Stores) -> None:
    with pytest.raises(NotFound):
        stores.experiments.set_experiment_tag("4711", ExperimentTag("owner", "kim"))


def test_a_deleted_tag_is_gone(stores: Stores, experiment_id: str) -> None:
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("owner", "kim"))
    stores.experiments.set_experiment_tag(experiment_id, ExperimentTag("team", "speech"))
    stores.experiments.delete_experiment_tag(experiment_id, "owner")
    assert stores.experiments.get_experiment(experiment_id).tags == {"team": "speech"}


def test_deleting_a_tag_that_is_not_there_is_not_found(stores: Stores, experiment_id: str) -> None:
    with pytest.raises(NotFound, match=f"No tag with name: owner in experiment with id {experiment_id}"):
        stores.experiments.delete_experiment_tag(experiment_id, "owner")
