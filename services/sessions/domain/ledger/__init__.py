"""The controlled-substance ledger of a clinic's registration.

Every container has a balance; every change of one is an entry, and entries are only
ever added, each tied to the one before. What is drawn is given or wasted to the last
microgram, and a mistake is reversed by an entry of its own.
"""
