"""Passwords: Argon2id (RFC 9106) with OWASP's least parameters for it, so that a sign-in stays below 100 ms."""

from __future__ import annotations

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from chalicelib.kernel.ids import Entropy

PASSWORD_CHARACTERS_MAX = 128

_SALT_BYTES = 16
_KEY_BYTES = 32
_ITERATIONS = 2
_LANES = 1
_MEMORY_KIB = 19_456

# What an unknown person's password is checked against, so that the answer takes as long as a known one's.
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$Wpvf3khIdMHK92fx/VXN6w$QA19WHA5hdHwboeVlNLIquxHRZrLPGNJg9dey75UCJs"


def hash_password(password: str, entropy: Entropy) -> str:
    """The password's hash with its salt and parameters (PHC string), to be stored."""
    kdf = Argon2id(
        salt=entropy.token(_SALT_BYTES),
        length=_KEY_BYTES,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
    return str(kdf.derive_phc_encoded(password.encode()))


def password_fits(password: str, stored: str) -> bool:
    """Whether a password is the one that was hashed. ``stored`` is empty where there is none: it takes as long."""
    if len(password) > PASSWORD_CHARACTERS_MAX:
        return False
    try:
        Argon2id.verify_phc_encoded(password.encode(), stored or _NOBODY)
    except InvalidKey:
        return False
    return bool(stored)
