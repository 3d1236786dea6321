# ruff: noqa: D103, T201 -- it lies in a package and needs nothing but Python: what it finds, it prints
"""python3 verify_sm2.py PACKAGE.zip [--public-key BASE64]: exit 0 if the SM2 signature over manifest.json holds.

SM3 is GB/T 32905; SM2 and its curve are GB/T 32918.2 and 32918.5; who signs and how it is written down, GB/T 35276.
Whether the files are those that the manifest lists is verify.py's affair.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
import zipfile

Point = tuple[int, int] | None  # None: the point at infinity

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
IDENTITY = b"1234567812345678"
WORD = 0xFFFFFFFF
START = "7380166f4914b2b9172442d7da8a0600a96f30bc163138aae38dee4db0fb0e4e"


def turned(word: int, by: int) -> int:
    return (word << by % 32 | word >> (32 - by % 32)) & WORD


def words(content: bytes) -> list[int]:
    return [int.from_bytes(content[at : at + 4], "big") for at in range(0, len(content), 4)]


def sm3(content: bytes) -> bytes:
    padded = content + b"\x80" + bytes((55 - len(content)) % 64) + (8 * len(content)).to_bytes(8, "big")
    state = words(bytes.fromhex(START))
    for at in range(0, len(padded), 64):
        state = [was ^ now for was, now in zip(state, compressed(state, words(padded[at : at + 64])), strict=True)]
    return b"".join(word.to_bytes(4, "big") for word in state)


def compressed(state: list[int], w: list[int]) -> list[int]:
    for j in range(16, 68):
        x = w[j - 16] ^ w[j - 9] ^ turned(w[j - 3], 15)
        w.append(x ^ turned(x, 15) ^ turned(x, 23) ^ turned(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        early = j < 16
        first = turned((turned(a, 12) + e + turned(0x79CC4519 if early else 0x7A879D8A, j)) & WORD, 7)
        ff = a ^ b ^ c if early else a & b | a & c | b & c
        gg = e ^ f ^ g if early else e & f | ~e & g
        one = (ff + d + (first ^ turned(a, 12)) + (w[j] ^ w[j + 4])) & WORD
        two = (gg + h + first + w[j]) & WORD
        a, b, c, d = one, a, turned(b, 9), c
        e, f, g, h = two ^ turned(two, 9) ^ turned(two, 17), e, turned(f, 19), g
    return [a, b, c, d, e, f, g, h]


def add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return p or q
    if p[0] == q[0] and (p[1] + q[1]) % P == 0:
        return None
    rise, run = (3 * p[0] * p[0] + A, 2 * p[1]) if p == q else (q[1] - p[1], q[0] - p[0])
    slope = rise * pow(run, -1, P)
    x = (slope * slope - p[0] - q[0]) % P
    return x, (slope * (p[0] - x) - p[1]) % P


def times(number: int, point: Point) -> Point:
    found: Point = None
    for bit in f"{number:b}":
        found = add(found, found)
        found = add(found, point) if bit == "1" else found
    return found


def numbers(der: bytes) -> tuple[int, int]:
    """r and s of a signature as DER has them: two whole numbers in a sequence, and nothing else."""
    size = der[3]
    first, second = der[4 : 4 + size], der[6 + size :]
    if der != b"\x30" + bytes([4 + len(first) + len(second), 2, size]) + first + bytes([2, len(second)]) + second:
        raise ValueError("签名不是 DER 格式")
    return int.from_bytes(first, "big", signed=True), int.from_bytes(second, "big", signed=True)


def is_signed(content: bytes, signature: bytes, key: bytes) -> bool:
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    on_curve = x < P and y < P and (y * y - x**3 - A * x - B) % P == 0
    r, s = numbers(signature)
    t = (r + s) % N
    if len(key) != 65 or key[0] != 4 or not on_curve or not (0 < r < N and 0 < s < N) or t == 0:
        return False
    curve = b"".join(number.to_bytes(32, "big") for number in (A, B, *G))
    who = sm3((8 * len(IDENTITY)).to_bytes(2, "big") + IDENTITY + curve + key[1:])
    found = add(times(s, G), times(t, (x, y)))
    return found is not None and (int.from_bytes(sm3(who + content), "big") + found[0]) % N == r


def fault(package: str, public_key: str | None) -> str:
    """What is wrong with the second signature; empty where nothing is."""
    with zipfile.ZipFile(package) as archive:
        manifest, signature = archive.read("manifest.json"), json.loads(archive.read("signature.json"))
    if "sm2" not in signature:
        return "signature.json: 没有 SM2 签名"
    seal = signature["sm2"]
    if public_key not in (None, seal["public_key"]):
        return "signature.json: SM2 公钥不是给出的公钥"
    held = is_signed(manifest, base64.b64decode(seal["signature"]), base64.b64decode(seal["public_key"]))
    return "" if held else "signature.json: SM2 签名与清单不符"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="验证证据包清单的 SM2 签名")
    parser.add_argument("package")
    parser.add_argument("--public-key")
    given = parser.parse_args()
    try:
        wrong = fault(given.package, given.public_key)
    except Exception as error:  # what can't be read does not hold
        wrong = f"证据包不完整或不可读: {error!r}"
    print(wrong or "SM2 签名成立" + " (未给出公布的公钥,签名人未验)" * (not given.public_key))
    sys.exit(bool(wrong))
