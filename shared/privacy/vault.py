"""stub until merged"""

import hashlib


class Vault:
    def key(self, connection, clinic_id, purpose):
        return hashlib.sha256(f"{clinic_id}{purpose}".encode()).digest()
