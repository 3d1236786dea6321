"""SM2 signatures (GB/T 32918.2) over canonical JSON, as the law's own algorithm beside Ed25519.

Made with gmssl; hashing is hashlib's SM3. Two things of gmssl's are not used: its random numbers (the same content must
give the same bytes, so the secret number comes from key and content, as in RFC 6979) and its way of taking a public
key, which strips every leading 0 and 4 off it. Signatures are DER and keys uncompressed points (04...), for openssl.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from chalicelib.kernel.ids import canonical

# The signer's identity that GB/T 35276 gives where nothing else was agreed.
IDENTITY = b"1234567812345678"

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_A = _P - 3
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
_N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_G = (
    "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
    "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0"
)


class Sm2Signer:
    """Holds one private key, made from a 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        # GM/T 0003: from 1 to n - 2.
        self._secret = int.from_bytes(seed, "big") % (_N - 2) + 1
        self._curve = _curve(f"{self._secret:064x}", "")
        self._point = str(self._curve._kg(self._secret, _G)).rjust(128, "0")
        self.public_key = base64.b64encode(b"\x04" + bytes.fromhex(self._point)).decode()

    def sign(self, content: Any) -> str:
        """Signature (base64 of DER) over the canonical JSON of ``content``; the same content gives the same one."""
        digest = _digest(canonical(content), self._point)
        key = self._secret.to_bytes(32, "big")
        for attempt in range(256):
            drawn = hmac.digest(key, b"SM2 nonce" + bytes([attempt]) + digest, "sha512")
            number = int.from_bytes(drawn, "big") % (_N - 1) + 1
            signed = self._curve.sign(digest, f"{number:064x}")
            if signed is not None:
                return base64.b64encode(encode_dss_signature(int(signed[:64], 16), int(signed[64:], 16))).decode()
        raise RuntimeError("no number in 256 gives an SM2 signature")


def sm2_holds(content: Any, signature: str, public_key: str) -> bool:
    """Whether a signature over ``content`` was made by the key whose public half is given (both base64)."""
    try:
        packed = base64.b64decode(public_key, validate=True)
        r, s = decode_dss_signature(base64.b64decode(signature, validate=True))
    except ValueError:
        return False
    if len(packed) != 65 or packed[0] != 4 or not (0 < r < _N and 0 < s < _N):
        return False
    x, y = int.from_bytes(packed[1:33], "big"), int.from_bytes(packed[33:], "big")
    if x >= _P or y >= _P or (y * y - x * x * x - _A * x - _B) % _P:
        return False
    point = packed[1:].hex()
    try:
        return bool(_curve("", point).verify(f"{r:064x}{s:064x}", _digest(canonical(content), point)))
    except (TypeError, ValueError):  # a sum at infinity, which gmssl has no form for
        return False


def _curve(secret: str, point: str) -> Any:
    # Only who signs with SM2 waits for its library.
    from gmssl.sm2 import CryptSM2  # noqa: PLC0415

    curve = CryptSM2(secret, "")
    curve.public_key = point
    return curve


def _digest(content: bytes, point: str) -> bytes:
    """SM3 over who signs and what (GB/T 32918.2, 5.5)."""
    numbers = b"".join(each.to_bytes(32, "big") for each in (_A, _B)) + bytes.fromhex(_G + point)
    who = hashlib.new("sm3", (len(IDENTITY) * 8).to_bytes(2, "big") + IDENTITY + numbers).digest()
    return hashlib.new("sm3", who + content).digest()
