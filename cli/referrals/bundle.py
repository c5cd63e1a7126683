"""The entries of a FHIR Bundle, one by one, however large the file is.

The parser's events are put together here and not by the parser, because only so can
depth and size of an entry be bounded while it is being read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import ijson

from cli.referrals.record import LONGEST_TEXT, UnreadableFileError

CHUNK_BYTES = 1024
DEEPEST = 32
LARGEST_ENTRY_CHARACTERS = 256 * 1024
BUNDLE_TYPES = ("collection", "searchset", "transaction", "batch")

_BOM = b"\xef\xbb\xbf"
_OPENING = {"start_map": dict, "start_array": list}
_CLOSING = ("end_map", "end_array")
_NO_BUNDLE = "the file is not a FHIR Bundle in JSON"

Events = Iterator[tuple[str, Any]]


@dataclass(frozen=True, kw_only=True)
class BundleEntry:
    """One element of `Bundle.entry`; `whole` is False where its limits cut it short."""

    number: int
    content: Any
    whole: bool


class BundleReader:
    """Reads a Bundle once.

    Once `entries` has ended, `count` is how many there were, and `broken` says in words
    where the JSON breaks off; it is empty for a file that is sound to its end.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = _Counted(file)
        self._heading: dict[str, Any] = {}
        self.count = 0
        self.broken = ""

    def entries(self) -> Iterator[BundleEntry]:
        """Every entry; long texts in it are cut just above what any field may hold.

        Raises:
            UnreadableFileError: the file is no Bundle, or one of a type nobody imports.
        """
        try:
            yield from self._entries()
        except (ijson.JSONError, ValueError):
            # The parser's own words quote the file, so they go no further.
            if not self.count and "resourceType" not in self._heading:
                raise UnreadableFileError(_NO_BUNDLE) from None
            self.broken = (
                f"the JSON breaks off after entry {self.count}, near byte "
                f"{self._file.count}; patients sent may lack what came after"
            )
        self._check_heading()

    def _entries(self) -> Iterator[BundleEntry]:
        events: Events = ijson.basic_parse(
            self._file, use_float=True, buf_size=CHUNK_BYTES
        )
        if next(events)[0] != "start_map":
            raise UnreadableFileError(_NO_BUNDLE)
        for kind, key in events:
            if kind != "map_key":
                continue
            kind, value = next(events)
            if key == "entry" and kind == "start_array":
                yield from self._items(events)
                continue
            content, _ = _built(events, kind, value)
            if key in ("resourceType", "type", "entry"):
                self._heading[key] = content

    def _items(self, events: Events) -> Iterator[BundleEntry]:
        for kind, value in events:
            if kind == "end_array":
                return
            content, whole = _built(events, kind, value)
            self.count += 1
            yield BundleEntry(number=self.count, content=content, whole=whole)

    def _check_heading(self) -> None:
        """What a broken file did not come to say is taken for granted."""
        granted = (
            {"resourceType": "Bundle", "type": "collection"} if self.broken else {}
        )
        heading = granted | self._heading
        if heading.get("resourceType") != "Bundle":
            raise UnreadableFileError(_NO_BUNDLE)
        if heading.get("type") not in BUNDLE_TYPES:
            raise UnreadableFileError(
                f"Bundle.type is none of {', '.join(BUNDLE_TYPES)}"
            )
        if "entry" in heading:
            raise UnreadableFileError("Bundle.entry is not a list")


class _Counted:
    """A file that knows how far it has been read; a byte order mark is left out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.count = 0

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if self.count == 0 and data.startswith(_BOM):
            self.count = len(_BOM)
            data = data[len(_BOM) :] + self._file.read(len(_BOM))
            self.count -= len(_BOM)
        self.count += len(data)
        return data


def _built(events: Events, kind: str, value: Any) -> tuple[Any, bool]:
    """The JSON value that starts with this event, and whether it is all there.

    What is beyond the limits is read past and not kept.
    """
    top: list[Any] = []
    containers: list[Any] = [top]
    keys: list[str] = [""]
    depth = size = 0
    whole = True
    while True:
        if kind in _CLOSING:
            depth -= 1
            if whole:
                containers.pop()
                keys.pop()
        else:
            if isinstance(value, str):
                value = value[: LONGEST_TEXT + 1]
                size += len(value)
            size += 1
            depth += kind in _OPENING
            whole = whole and depth <= DEEPEST and size <= LARGEST_ENTRY_CHARACTERS
            if whole and kind == "map_key":
                keys[-1] = value
            elif whole:
                value = _OPENING[kind]() if kind in _OPENING else value
                _put(containers[-1], keys[-1], value)
                if kind in _OPENING:
                    containers.append(value)
                    keys.append("")
        if depth == 0:
            return (top[0] if top else None), whole
        kind, value = next(events)


def _put(container: Any, key: str, value: Any) -> None:
    if isinstance(container, dict):
        container[key] = value
    else:
        container.append(value)
