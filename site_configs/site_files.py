"""Where sites are described: the user's own folder first, then this one."""

from __future__ import annotations

import os
from pathlib import Path

SHIPPED = Path(__file__).parent


def own_folder() -> Path:
    """Folder of the sites of this user."""
    configuration = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(configuration) / "perrin" / "sites"


def site_files() -> dict[str, Path]:
    """Name -> file of every site; one of the user's own hides one that comes with perrin."""
    files = {
        path.stem: path for folder in (SHIPPED, own_folder()) for path in folder.glob("*.toml")
    }
    return dict(sorted(files.items()))


def site_file(name: str) -> Path | None:
    """File of a site, by its name or by the path of a TOML file; None for a name that is unknown.

    The file of a path need not be there.
    """
    return Path(name).expanduser() if name.endswith(".toml") else site_files().get(name)
