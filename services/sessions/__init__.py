"""The treatment record.

Owns orders, preparations, weights, treatment sessions with their vital signs, doses and
alerts, what is written of them (notes, adverse events, the REMS form), the integration
that follows, and the ledger of controlled substances. Tells of every change to them.
Listens to what clinics, patients and appointments there are, and to what makes a
patient ready for a dose; a dose is authorised and given only while every readiness fact
holds, and drawn from a container once the clinic's ledger is open.
"""
