"""What all of scheduling's tables belong to, and the copies it keeps of others'."""

from shared.database import new_metadata
from shared.facts import Facts
from shared.packs import Packs

metadata = new_metadata()
packs = Packs(metadata)
facts = Facts(metadata, packs)
