"""MLflow's autologging of scikit-learn, unmodified, into a kirok server."""

from typing import Any

import pytest

from running_servers import RunningServer

pytestmark = pytest.mark.filterwarnings("ignore")  # MLflow's and scikit-learn's own


def test_a_fit_is_tracked_by_itself(mlflow: Any, kirok_at: RunningServer) -> None:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    mlflow.set_tracking_uri(kirok_at.address)
    mlflow.set_experiment("autologging")
    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as active:
            LogisticRegression(max_iter=50, C=0.5).fit(*load_iris(return_X_y=True))
    finally:
        mlflow.sklearn.autolog(disable=True)
    run = mlflow.get_run(active.info.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["C"] == "0.5"
    assert run.data.metrics["training_accuracy_score"] > 0.9
    assert run.data.tags["estimator_name"] == "LogisticRegression"
    assert [given.tags[0].value for given in run.inputs.dataset_inputs] == ["train"]
    files = {file.path for file in mlflow.MlflowClient().list_artifacts(run.info.run_id)}
    assert {"estimator.html", "training_confusion_matrix.png"} <= files
