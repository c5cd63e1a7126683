"""Messages to patients, the staff's worklist, and what is told to integrators.

Owns planned and sent messages, tasks, and webhook subscriptions with their deliveries.
Tells what becomes of every message. Listens to everything that intake, scheduling and
sessions tell: some of it concerns a patient, some of it needs a member of staff, and
each of it may be passed on to an integrator who may know.
"""
