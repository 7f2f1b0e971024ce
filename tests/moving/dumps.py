"""Everything in a store, byte by byte, to see whether anything changed."""

from pathlib import Path

from kirok.stores.archive_kinds import NOUNS
from kirok.stores.open import open_stores


def dump(uri: str) -> dict[str, object]:
    """The rows of a database by table and, of a folder, its files with what they hold; kirok's own are left out."""
    if "://" not in uri:
        return {
            str(path.relative_to(uri)): (path.read_bytes(), path.stat().st_mtime_ns)
            for path in sorted(Path(uri).rglob("*"))
            if path.is_file() and not path.name.startswith(".kirok.")
        }
    stores = open_stores(uri)
    try:
        assert stores.archive is not None
        archive = stores.archive()
        rows: dict[str, object] = {
            f"{kind.name} {unit}": sorted(map(repr, archive.rows(kind, kind.columns, [unit])))
            for noun in NOUNS
            for unit in archive.units(noun)
            for kind in noun.kinds
        }
        return rows
    finally:
        stores.close()
