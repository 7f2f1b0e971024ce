"""MlflowClient's tables: rows that grow over calls, kept as one JSON or Parquet file."""

import io
import json
import logging
import posixpath
import uuid
from typing import TYPE_CHECKING, Any

from kirok.base.errors import InvalidParameter, NotFound
from kirok.client import tags as tag_keys
from kirok.client.frames import pandas_module, runs_frame
from kirok.client.images import ImageMethods, preview
from kirok.client.runs import RunMethods
from kirok.entities.artifacts import ArtifactPath
from kirok.entities.runs import Run

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger("kirok")

_FORBIDDEN = "\"',:[]{}"  # they would break the filter that finds tables by tag, which MLflow's client uses too
_RUNS_PAGE = 1000


class TableMethods(ImageMethods, RunMethods):
    """Tables of runs."""

    def log_table(self, run_id: str, data: "dict[str, Any] | pd.DataFrame", artifact_file: str) -> None:
        """Append rows to a table of a run, which begins with the first call.

        `data` is a DataFrame or a dictionary of columns; scalars make one row. A column of images is stored as files
        beside the table. ValueError for a name that does not end in `.json` or `.parquet`.
        """
        check_table_file(artifact_file)
        pandas = pandas_module("log_table")
        if isinstance(data, dict):
            try:
                rows = pandas.DataFrame(data)
            except ValueError:  # scalars: one row
                rows = pandas.DataFrame([data])
        elif isinstance(data, pandas.DataFrame):
            rows = data.copy()
        else:
            raise InvalidParameter("data must be a pandas.DataFrame or a dictionary")
        self._store_images(run_id, rows, artifact_file)
        earlier = self._table(run_id, artifact_file)
        if earlier is not None:
            rows = pandas.concat([earlier, rows], ignore_index=True)
        with self._new_file(run_id, artifact_file) as file:
            if artifact_file.endswith(".json"):
                rows.to_json(file, orient="split", index=False, date_format="iso")
            else:
                rows.to_parquet(file, index=False)
        self._note_table(run_id, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: list[str] | None = None,
        extra_columns: list[str] | None = None,
    ) -> "pd.DataFrame":
        """The rows of that table over the runs of an experiment, or of those of `run_ids`, one below the other.

        `extra_columns` adds columns of `search_runs`, such as `run_id`. NotFound where no run has the table.
        """
        check_table_file(artifact_file)
        pandas = pandas_module("load_table")
        runs = self._runs_with_table(experiment_id, artifact_file, run_ids)
        if not runs:
            raise NotFound("No runs found with the corresponding table artifact.")
        if run_ids and len(run_ids) != len(runs):
            _log.warning("Not all runs have the specified table artifact. Some runs will be skipped.")
        parts = []
        for run in runs:
            rows = self._table(run.info.run_id, artifact_file)
            if rows is None:
                raise NotFound(f"Artifact {artifact_file} not found for run {run.info.run_id}.")
            described = runs_frame([run])
            for column in extra_columns or ():
                rows[f"{column}_" if column in rows else column] = described[column].iloc[0]
            parts.append(rows)
        table: pd.DataFrame = pandas.concat(parts, ignore_index=True)
        return table

    def _runs_with_table(self, experiment_id: str, artifact_file: str, run_ids: list[str] | None) -> list[Run]:
        filter_string = f'tags.{tag_keys.LOGGED_ARTIFACTS} LIKE \'%"path"%:%"{artifact_file}",%"type"%:%"table"%\''
        if run_ids:
            filter_string += f" and attributes.run_id IN ({','.join(map(repr, run_ids))})"
        page = self.search_runs([experiment_id], filter_string, max_results=_RUNS_PAGE)
        runs = list(page)
        while page.token:
            page = self.search_runs([experiment_id], filter_string, max_results=_RUNS_PAGE, page_token=page.token)
            runs += page
        return runs

    def _table(self, run_id: str, artifact_file: str) -> "pd.DataFrame | None":
        pandas = pandas_module("load_table")
        path = ArtifactPath.parse(artifact_file)
        try:
            file = self.artifacts_of(run_id).open(path)
        except NotFound:
            return None
        try:
            content = io.BytesIO(b"".join(file.read()))
        finally:
            file.close()
        rows: pd.DataFrame = (
            pandas.read_json(content, orient="split")
            if artifact_file.endswith(".json")
            else pandas.read_parquet(content)
        )
        return rows

    def _store_images(self, run_id: str, rows: "pd.DataFrame", artifact_file: str) -> None:
        """Replace images in `rows` by where they are stored, as MLflow's tables have it."""
        stem = posixpath.splitext(artifact_file)[0]
        for column in [name for name, dtype in rows.dtypes.items() if dtype.kind == "O"]:
            images = [_is_image(value) for value in rows[column]]
            if not any(images):
                continue
            if not all(images):
                raise ValueError(
                    f"Column `{column}` contains a mix of images and non-images. Please ensure that all elements in "
                    "the column are of the same type."
                )
            stored: list[Any] = [self._stored_image(run_id, value, stem) for value in rows[column]]
            rows[column] = stored

    def _stored_image(self, run_id: str, image: Any, stem: str) -> dict[str, str]:
        place = f"table_images/{stem}/{uuid.uuid4()}"
        picture = image.to_pil() if hasattr(image, "to_pil") else image
        self._save_image(run_id, picture, f"{place}.png")
        self._save_image(run_id, preview(picture), f"{place}.webp")
        return {"type": "image", "filepath": f"{place}.png", "compressed_filepath": f"{place}.webp"}

    def _note_table(self, run_id: str, artifact_file: str) -> None:
        """Name the table in tag `mlflow.loggedArtifacts`, by which pages and `load_table` find it."""
        noted = json.loads(self.get_run(run_id).data.tags.get(tag_keys.LOGGED_ARTIFACTS, "[]"))
        entry = {"path": artifact_file, "type": "table"}
        if entry not in noted:
            self.set_tag(run_id, tag_keys.LOGGED_ARTIFACTS, json.dumps([*noted, entry]), synchronous=True)


def check_table_file(artifact_file: str) -> None:
    """ValueError for a name that no table can have."""
    found = next((character for character in _FORBIDDEN if character in artifact_file), None)
    if found is not None:
        raise ValueError(f"The artifact_file contains forbidden character: {found}")
    if not artifact_file.endswith((".json", ".parquet")):
        raise ValueError(
            f"Invalid artifact file path '{artifact_file}'. Please ensure the file you are trying to log as a table "
            "has a file name with either '.json' or '.parquet' extension."
        )


def _is_image(value: object) -> bool:
    return hasattr(value, "size") and all(callable(getattr(value, name, None)) for name in ("save", "resize"))
