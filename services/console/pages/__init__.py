"""The pages, a module for each subject; all belong to one blueprint."""

from services.console.pages import (
    board,
    consents,
    coverage,
    duplicates,
    events,
    files,
    intake,
    links,
    medication,
    messages,
    moving,
    ops,
    patient,
    rules,
    session,
    signing_in,
    worklist,
)
from services.console.pages.site import site

__all__ = [
    "board",
    "consents",
    "coverage",
    "duplicates",
    "events",
    "files",
    "intake",
    "links",
    "medication",
    "messages",
    "moving",
    "ops",
    "patient",
    "rules",
    "session",
    "signing_in",
    "site",
    "worklist",
]
