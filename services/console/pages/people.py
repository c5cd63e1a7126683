"""Names: patients', which only intake knows, and those of who works in a clinic."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from services.console.apis import Apis
from services.console.kept import Kept

MOST_AT_ONCE = 500
MOST_SINGLY = 40

Names = dict[str, str]

_kept: Kept[tuple[str, UUID | None], Names] = Kept(seconds=30, most=64)
"""By whoever asked, as what one may see is not for another to read."""


def names_of(apis: Apis, patient_ids: Iterable[str]) -> Names:
    """The names of these patients, as far as whoever looks may know them."""
    key = (hashlib.sha256(apis.token.encode()).hexdigest(), apis.clinic_id)
    names = _kept.get(key)
    if names is None:
        listed = apis.get("intake", "/patients", limit=MOST_AT_ONCE)
        names = {row["id"]: full_name(row) for row in listed}
        if listed:
            _kept.put(key, names)
    unknown = [one for one in dict.fromkeys(patient_ids) if one not in names]
    for patient_id in unknown[:MOST_SINGLY]:
        found = apis.get("intake", f"/patients/{patient_id}")
        if found:
            names[patient_id] = full_name(found.data)
        elif found.standing in ("forbidden", "away"):
            break
    return names


def full_name(row: Mapping[str, Any]) -> str:
    """A patient's name as pages show it."""
    if row["family_name"] is None:
        return "Erased patient"
    return f"{row['given_name']} {row['family_name']}"


def staff_names(apis: Apis) -> Names:
    """Who works in the clinic, by the id that they sign in with."""
    listed = apis.get("scheduling", "/resources")
    return {row["person_id"]: row["name"] for row in listed if row["person_id"]}
