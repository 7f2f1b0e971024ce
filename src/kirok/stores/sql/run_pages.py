"""A search of runs: from what was asked to the ids of one page."""

from collections.abc import Sequence

from msgspec import Struct

from kirok.entities.views import LifecycleStage, ViewType
from kirok.rules.keys import experiment_number
from kirok.rules.paging import MAX_RUNS_PAGE, check_max_results
from kirok.search.expression import Expression
from kirok.search.fields import GOALS, goal_tag
from kirok.search.goals import goals_asked, require_goals
from kirok.search.order import OrderBy, parse_run_order
from kirok.search.page_token import make_page_token, parse_page_token
from kirok.search.parse import parse_run_filter
from kirok.stores.sql.connection import Connection
from kirok.stores.sql.search import run_search
from kirok.stores.sql.search_patterns import resolved


class RunSearch(Struct, frozen=True):
    """A search that was checked and parsed."""

    experiment_ids: tuple[str, ...]
    expression: Expression | None
    stages: tuple[LifecycleStage, ...]
    order: tuple[OrderBy, ...]
    limit: int
    offset: int

    @classmethod
    def parse(
        cls,
        experiment_ids: Sequence[str],
        filter_string: str | None,
        view_type: ViewType,
        max_results: int,
        order_by: Sequence[str],
        page_token: str | None,
    ) -> "RunSearch":
        """The arguments of RunStore.search_runs; InvalidParameter for what cannot be read."""
        check_max_results(max_results, MAX_RUNS_PAGE)
        return cls(
            tuple({str(experiment_number(each)) for each in experiment_ids}),
            parse_run_filter(filter_string),
            view_type.stages,
            parse_run_order(order_by),
            max_results,
            parse_page_token(page_token),
        )

    def page(self, connection: Connection) -> tuple[list[str], str | None]:
        """The ids of the page in their order, and the token of the next where there is one."""
        if not self.experiment_ids:
            return [], None
        self._check_goals(connection)
        statement, values = run_search(
            resolved(connection, self.expression),
            self.order,
            self.experiment_ids,
            self.stages,
            connection.dialect,
            limit=self.limit + 1,
            offset=self.offset,
        )
        ids = [run_id for (run_id,) in connection.execute(statement, values)]
        if len(ids) <= self.limit:
            return ids, None
        return ids[: self.limit], make_page_token(self.offset + self.limit)

    def _check_goals(self, connection: Connection) -> None:
        asked = goals_asked(self.expression, self.order)
        if not asked:
            return
        dialect = connection.dialect
        tags = {goal_tag(key): key for key in asked}
        rows = connection.execute(
            f"SELECT DISTINCT key FROM experiment_tags WHERE key {dialect.among} AND value {dialect.among} "
            f"AND experiment_id {dialect.among}",
            [
                dialect.listed(tags),
                dialect.listed(GOALS),
                dialect.listed([experiment_number(each) for each in self.experiment_ids]),
            ],
        )
        require_goals(asked, [tags[tag] for (tag,) in rows])
