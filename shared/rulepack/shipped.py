"""The packs that ship with the product, by their version; a version never changes."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

from shared import datafile
from shared.errors import NotFoundError
from shared.rulepack.pack import RulePack

BASE = "kap-base-2026.1"
"""The pack a clinic works by until it has one of its own."""

_VERSION = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")


def load_pack(version: str = BASE) -> RulePack:
    """A pack of the product, read once per process.

    Raises:
        NotFoundError: there is none of that version.
    """
    return _load(version)


def is_shipped(version: str) -> bool:
    """Whether a pack of the product has this version."""
    return bool(_VERSION.fullmatch(version)) and _file(version).is_file()


@cache
def table_of(version: str) -> Mapping[str, Any]:
    """The same as tables and lists.

    Raises:
        NotFoundError: there is none of that version.
    """
    if not is_shipped(version):
        raise NotFoundError(f"There is no rule pack named {version}.")
    return tomllib.loads(_file(version).read_text(encoding="utf-8"))


@cache
def _load(version: str) -> RulePack:
    return datafile.read_table(RulePack, table_of(version), "rule pack")


def _file(version: str) -> Traversable:
    return resources.files("shared") / "rulepacks" / f"{version}.toml"
