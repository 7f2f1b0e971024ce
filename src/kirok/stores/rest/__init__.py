"""Records on a tracking server, kirok's or MLflow's: the same promises over HTTP.

A batch goes out as one request; whoever has more than a request may hold splits it (the client does).
"""

from functools import partial

from kirok.base.settings import TransportSettings
from kirok.stores.protocols import Stores
from kirok.stores.rest.archive import open_archive
from kirok.stores.rest.charts import RestChartStore
from kirok.stores.rest.experiments import RestExperimentStore
from kirok.stores.rest.metrics import RestMetricStore
from kirok.stores.rest.runs import RestRunStore
from kirok.stores.rest.series import RestSeriesStore
from kirok.transport import Sender, Transport


def open_rest(uri: str, settings: TransportSettings, sender: Sender | None = None) -> Stores:
    """The stores behind the server at `uri`, such as `http://localhost:5000`. Nothing is sent yet.

    `sender` replaces sockets, so that a server in this process can be reached without any.
    """
    transport = Transport(uri, settings, sender)
    runs, metrics = RestRunStore(transport), RestMetricStore(transport)
    return Stores(
        experiments=RestExperimentStore(transport),
        runs=runs,
        metrics=metrics,
        close=transport.close,
        kind="rest",
        archive=partial(open_archive, transport),
        series=RestSeriesStore(transport, runs, metrics),
        charts=RestChartStore(transport, runs, metrics),
    )
