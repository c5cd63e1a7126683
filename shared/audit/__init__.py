"""Who saw or changed which record: written with the access, and never again.

`trail` is an entry and how it is written, `chain` how entries are sealed one to the
next and verified, `tables` where they are kept.
"""
