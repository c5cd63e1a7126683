"""What names a person, and what a person wrote, is sealed before it is kept.

`keyring` holds the master keys, `vault` the keys of clinics and persons that they wrap,
`columns` the type of column that can only be written sealed, `rotation` puts new keys
in the place of old ones.
"""
