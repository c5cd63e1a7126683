"""The web pages for staff and ops.

Owns nothing but a read model: a row for every event, and the clinics' time zones. It
listens to everything and tells nothing. Whatever else a page shows is read from the
services' APIs at that moment, with the token of whoever looks.
"""
