"""Full text: what of a run is searched by `text CONTAINS 'some words'`, and when words are found."""

from kirok.entities.runs import Run
from kirok.search.fields import RUN_NAME_TAG

MAX_WORDS = 10
"""Each word is a look through all the texts of a run."""
MAX_WORD_LENGTH = 1_000
"""Characters; as a pattern of SQLite's, of which 50,000 bytes are taken, a letter has four."""

SYSTEM_TAGS = "mlflow."
"""How the keys of MLflow's own tags begin: these keys are never searched, the values of a few are."""
SEARCHED_SYSTEM_TAGS = (
    RUN_NAME_TAG,
    "mlflow.note.content",
    "mlflow.user",
    "mlflow.source.name",
    "mlflow.source.git.commit",
    "mlflow.source.git.branch",
)

_ASCII_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def ascii_lower(text: str) -> str:
    """`text` with A to Z in lower case and no other letter changed: what ILIKE folds in MLflow on SQLite."""
    return text.translate(_ASCII_FOLD)


def words_of(literal: str) -> tuple[str, ...]:
    """The words that are looked for, folded, each once: what blanks separate."""
    return tuple(dict.fromkeys(ascii_lower(literal).split()))


def run_text(run: Run) -> str:
    """Name, note, params, tags and origin of a run, a line each: no word goes over the end of one."""
    lines = [text for pair in run.data.params.items() for text in pair]
    for key, value in run.data.tags.items():
        if not key.startswith(SYSTEM_TAGS):
            lines += (key, value)
        elif key in SEARCHED_SYSTEM_TAGS:
            lines.append(value)
    return "\n".join(lines)
