"""The treatment record.

Owns orders, preparations, weights, treatment sessions with their vital signs, doses and
alerts, and the integration that follows. Tells of every change to them. Listens to what
clinics, patients and appointments there are, and to what makes a patient ready for a
dose; a dose is authorised and given only while every readiness fact holds.
"""
