"""Referrals out of another system's export: read, checked row by row, sent to intake.

`load.import_referrals` does the work, `command.referrals` is its command line. An
export is a FHIR Bundle or a CSV table; nothing of it is held in memory as a whole.
"""
