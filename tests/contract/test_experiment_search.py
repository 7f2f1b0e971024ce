"""Searching experiments: views, filters, orders, pages."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.experiments import ExperimentTag
from kirok.entities.views import ViewType
from kirok.stores.protocols import Stores


@pytest.fixture
def names(stores: Stores) -> list[str]:
    """Three experiments besides `Default`, in the order they were made."""
    created = ["alpha", "Beta", "gamma_1"]
    for name in created:
        stores.experiments.create_experiment(name, tags=[ExperimentTag("first letter", name[0])])
    return created


def found(stores: Stores, filter_string: str) -> set[str]:
    return {experiment.name for experiment in stores.experiments.search_experiments(filter_string=filter_string)}


def test_without_a_filter_all_active_ones_are_found(stores: Stores, names: list[str]) -> None:
    assert found(stores, "") == {"Default", *names}


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("name = 'alpha'", {"alpha"}),
        ("name = 'Alpha'", set()),
        ("name != 'alpha'", {"Default", "Beta", "gamma_1"}),
        ("name LIKE '%a'", {"alpha", "Beta"}),
        ("name LIKE 'b%'", set()),
        ("name ILIKE 'b%'", {"Beta"}),
        ("name LIKE 'gamma__'", {"gamma_1"}),
        ("tags.`first letter` = 'B'", {"Beta"}),
        ("tags.`first letter` != 'B'", {"alpha", "gamma_1"}),
        ("tags.`first letter` IS NULL", {"Default"}),
        ("tags.`first letter` IS NOT NULL AND name ILIKE '%A%'", {"alpha", "Beta", "gamma_1"}),
        ("experiment_id = '0'", {"Default"}),
        ("creation_time > 0", {"Default", "alpha", "Beta", "gamma_1"}),
        ("last_update_time < 1000", set()),
    ],
)
def test_a_filter_finds_what_it_says(stores: Stores, names: list[str], filter_string: str, expected: set[str]) -> None:
    assert found(stores, filter_string) == expected


@pytest.mark.parametrize("filter_string", ["name = alpha", "nam = 'x'", "name > 'x'", "  ", "creation_time = 'x'"])
def test_a_filter_that_cannot_be_read_is_refused(stores: Stores, filter_string: str) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.search_experiments(filter_string=filter_string)


def test_a_view_shows_its_life_cycle_stages(stores: Stores, names: list[str]) -> None:
    gone = stores.experiments.get_experiment_by_name("Beta")
    assert gone is not None
    stores.experiments.delete_experiment(gone.experiment_id)
    shown = {
        view: {experiment.name for experiment in stores.experiments.search_experiments(view_type=view)}
        for view in ViewType
    }
    assert shown[ViewType.ACTIVE_ONLY] == {"Default", "alpha", "gamma_1"}
    assert shown[ViewType.DELETED_ONLY] == {"Beta"}
    assert shown[ViewType.ALL] == {"Default", "alpha", "Beta", "gamma_1"}


def test_the_newest_come_first(stores: Stores, names: list[str]) -> None:
    experiments = stores.experiments.search_experiments()
    keys = [(-(each.creation_time or 0), int(each.experiment_id)) for each in experiments]
    assert keys == sorted(keys)
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["name ASC"], ["Beta", "Default", "alpha", "gamma_1"]),
        (["name desc"], ["gamma_1", "alpha", "Default", "Beta"]),
        (["experiment_id"], ["Default", "alpha", "Beta", "gamma_1"]),
    ],
)
def test_an_order_is_kept(stores: Stores, names: list[str], order_by: list[str], expected: list[str]) -> None:
    assert [each.name for each in stores.experiments.search_experiments(order_by=order_by)] == expected


def test_an_order_that_cannot_be_read_is_refused(stores: Stores) -> None:
    with pytest.raises(InvalidParameter):
        stores.experiments.search_experiments(order_by=["tags.x"])


def test_ids_go_by_number(stores: Stores) -> None:
    ids = [stores.experiments.create_experiment(f"e{i:02}") for i in range(11)]
    ordered = [each.experiment_id for each in stores.experiments.search_experiments(order_by=["experiment_id ASC"])]
    assert ordered == ["0", *ids]


def test_pages_follow_each_other_without_gap_or_overlap(stores: Stores, names: list[str]) -> None:
    whole = stores.experiments.search_experiments(order_by=["name"])
    assert whole.token is None
    first = stores.experiments.search_experiments(order_by=["name"], max_results=3)
    assert first.token
    second = stores.experiments.search_experiments(order_by=["name"], max_results=3, page_token=first.token)
    assert second.token is None
    assert [*first, *second] == list(whole)


def test_a_page_that_is_just_full_is_the_last(stores: Stores, names: list[str]) -> None:
    page = stores.experiments.search_experiments(max_results=4)
    assert len(page) == 4
    assert page.token is None


@pytest.mark.parametrize("max_results", [0, -1, 50_001])
def test_a_page_size_out_of_range_is_refused(stores: Stores, max_results: int) -> None:
    with pytest.raises(InvalidParameter, match="max_results"):
        stores.experiments.search_experiments(max_results=max_results)


@pytest.mark.parametrize("token", ["nonsense", "e30=", "eyJvZmZzZXQiOiAtMX0="])
def test_a_token_of_nobodys_making_is_refused(stores: Stores, token: str) -> None:
    with pytest.raises(InvalidParameter, match="page token"):
        stores.experiments.search_experiments(page_token=token)
