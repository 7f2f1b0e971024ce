"""Names that Windows would take for something else."""

import pytest

from kirok.base.errors import InvalidParameter
from kirok.rules.windows_names import check_windows_name


@pytest.mark.parametrize(
    "name",
    ["a:b", "model.bin:hidden", "what?", "a*", "<a>", 'q"', "a|b", "dot.", "blank ", "tab\t",
     "CON", "con.txt", "Nul", "AUX .txt", "com1", "LPT9.log", "com²", "CONIN$"],
)  # fmt: skip
def test_a_name_that_windows_cannot_keep_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameter, match="Windows cannot keep"):
        check_windows_name(name)


@pytest.mark.parametrize(
    "name", ["model.bin", ".hidden", "con2", "console", "com", "com10", "기록 ж", "a.b.c", "auxiliary.txt"]
)
def test_other_names_pass(name: str) -> None:
    check_windows_name(name)
