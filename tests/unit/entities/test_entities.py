"""What records know about themselves."""

from kirok.entities.metrics import Metric
from kirok.entities.pages import PagedList
from kirok.entities.runs import RunData
from kirok.entities.views import LifecycleStage, RunStatus, ViewType


def test_metrics_are_the_latest_values_by_name() -> None:
    data = RunData(latest_metrics=(Metric("acc", 0.9, 1), Metric("loss", 0.1, 1)))
    assert data.metrics == {"acc": 0.9, "loss": 0.1}


def test_a_status_equals_its_name_and_has_mlflows_number() -> None:
    assert RunStatus.FINISHED == "FINISHED"
    assert [status.number for status in RunStatus] == [1, 2, 3, 4, 5]
    assert {status for status in RunStatus if not status.is_terminated()} == {RunStatus.RUNNING, RunStatus.SCHEDULED}


def test_a_view_shows_stages() -> None:
    assert ViewType.ACTIVE_ONLY.stages == (LifecycleStage.ACTIVE,)
    assert ViewType.DELETED_ONLY.stages == (LifecycleStage.DELETED,)
    assert set(ViewType.ALL.stages) == set(LifecycleStage)


def test_a_page_is_a_list_with_a_token() -> None:
    page = PagedList([1, 2], "next")
    assert page == [1, 2]
    assert page.token == "next"
    assert PagedList().token is None
