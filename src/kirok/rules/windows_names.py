"""Names that Windows does not take for a file, or takes for something else."""

import re

from kirok.base.errors import InvalidParameter

# A colon would write into another stream of a file, a device's name would open the device, and dots and blanks at
# the end are dropped, so that two names become one (Microsoft: "Naming Files, Paths, and Namespaces").
_STRANGE = re.compile(r'[<>:"|?*\x00-\x1f]|[. ]$')
_DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])(\.|$)", re.IGNORECASE)


def check_windows_name(name: str) -> None:
    """InvalidParameter unless Windows can keep a file or folder under this one name."""
    if _STRANGE.search(name) or _DEVICE.match(name.replace(" ", "")):
        raise InvalidParameter(
            f"Windows cannot keep a file under the name {name!r}. Download it on another system, or store it under "
            "another name."
        )
