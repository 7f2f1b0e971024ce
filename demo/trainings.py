"""Three small studies on data that ships with scikit-learn, tracked as a user would track them."""

import time
import warnings

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Ridge, SGDClassifier
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss, mean_squared_error, r2_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

import kirok

LEARNING_RATES = (0.0003, 0.001, 0.003, 0.01)
HIDDEN = ((32,), (64,), (64, 32))
FORESTS = ((25, 4), (100, 4), (100, 8), (200, 12))
RIDGES = (0.01, 0.1, 1.0, 10.0)
COUNT = len(LEARNING_RATES) + len(HIDDEN) + len(FORESTS) + len(RIDGES)


def track(address: str) -> float | None:
    """Train and track every study that is not complete yet; the seconds it took, None where nothing was to do."""
    kirok.set_tracking_uri(address)
    missing = [study for name, runs, study in _STUDIES if not _is_complete(name, runs)]
    if not missing:
        return None
    start = time.monotonic()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    for study in missing:
        study()
    return time.monotonic() - start


def _is_complete(name: str, runs: int) -> bool:
    """Whether an earlier start has tracked the whole study; one that was interrupted is tracked again."""
    experiment = kirok.get_experiment_by_name(name)
    if experiment is None:
        return False
    ended = kirok.search_runs([experiment.experiment_id], "status = 'FINISHED'", output_format="list")
    return len(ended) >= runs


def _digits() -> None:
    """Handwritten digits, epoch by epoch: curves to compare."""
    kirok.set_experiment("digits")
    kirok.set_experiment_tag("mlflow.note.content", "Handwritten digits, 8 x 8 pixels: linear models and networks.")
    images, labels = load_digits(return_X_y=True)
    x_train, x_test, y_train, y_test = train_test_split(images / 16.0, labels, test_size=0.3, random_state=7)
    classes = sorted(set(labels))
    models = [
        (
            f"sgd-{rate:g}",
            "linear",
            {"learning_rate": rate},
            SGDClassifier("log_loss", eta0=rate, learning_rate="constant", random_state=7),
        )
        for rate in LEARNING_RATES
    ] + [
        (f"mlp-{'x'.join(map(str, sizes))}", "network", {"hidden_layers": sizes}, MLPClassifier(sizes, random_state=7))
        for sizes in HIDDEN
    ]
    for name, family, params, model in models:
        with kirok.start_run(run_name=name, tags={"family": family}):
            kirok.log_params({**params, "model": type(model).__name__, "epochs": 30})
            for epoch in range(30):
                model.partial_fit(x_train, y_train, classes=classes)
                kirok.log_metrics(
                    {
                        "train_loss": float(log_loss(y_train, model.predict_proba(x_train), labels=classes)),
                        "val_loss": float(log_loss(y_test, model.predict_proba(x_test), labels=classes)),
                        "val_accuracy": float(accuracy_score(y_test, model.predict(x_test))),
                    },
                    step=epoch,
                )
            matrix = confusion_matrix(y_test, model.predict(x_test))
            kirok.log_dict({"labels": [int(c) for c in classes], "counts": matrix.tolist()}, "confusion.json")


def _tumours() -> None:
    """Breast tumours, benign or not: a grid of forests under one parent run."""
    kirok.set_experiment("tumours")
    data = load_breast_cancer()
    x_train, x_test, y_train, y_test = train_test_split(data.data, data.target, test_size=0.3, random_state=7)
    with kirok.start_run(run_name="forest-grid"):
        best = 0.0
        for trees, depth in FORESTS:
            with kirok.start_run(run_name=f"forest-{trees}x{depth}", nested=True):
                kirok.log_params({"trees": trees, "max_depth": depth})
                forest = RandomForestClassifier(trees, max_depth=depth, random_state=7).fit(x_train, y_train)
                guess = forest.predict(x_test)
                score = float(f1_score(y_test, guess))
                kirok.log_metrics({"f1": score, "accuracy": float(accuracy_score(y_test, guess))})
                ranked = sorted(zip(forest.feature_importances_, data.feature_names, strict=True), reverse=True)
                kirok.log_text("\n".join(f"{weight:.4f}  {name}" for weight, name in ranked), "importance.txt")
                best = max(best, score)
        kirok.log_metric("best_f1", best)


def _diabetes() -> None:
    """Progression of diabetes: one number to predict, one to tune."""
    kirok.set_experiment("diabetes")
    x_train, x_test, y_train, y_test = train_test_split(*load_diabetes(return_X_y=True), test_size=0.3, random_state=7)
    for alpha in RIDGES:
        with kirok.start_run(run_name=f"ridge-{alpha:g}"):
            kirok.log_param("alpha", alpha)
            guess = Ridge(alpha).fit(x_train, y_train).predict(x_test)
            kirok.log_metrics(
                {"rmse": float(mean_squared_error(y_test, guess)) ** 0.5, "r2": float(r2_score(y_test, guess))}
            )


_STUDIES = (
    ("digits", len(LEARNING_RATES) + len(HIDDEN), _digits),
    ("tumours", len(FORESTS) + 1, _tumours),
    ("diabetes", len(RIDGES), _diabetes),
)
