"""Values that several bodies have."""

LOCAL_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
