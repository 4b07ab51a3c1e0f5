"""Reads the YAML files that come with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def read_yaml(path: Path) -> Any:
    """What a file holds. As safe as the safe loader, and ten times faster where there is the one in C."""
    import yaml  # a usual start finds everything ready-made

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
