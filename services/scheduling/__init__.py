"""Rooms, people and time.

Owns clinics, what can be booked in them, appointments, holds, escorts and the waitlist.
Tells of every change to them, and listens to what makes a patient ready for a dose, to
how treatment goes, and to what integration falls due.
"""
