"""The tables every service has: what it told, what it was told, what it will do later.

`outbox` is the event log and the way out of it, `inbox` the way in, `timers` what is
to be done at a time, `idempotency` what a client already asked for.
"""
