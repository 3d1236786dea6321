"""Time stamps of an authority (RFC 3161): what is asked, and whether an answer holds over some content."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.x509 import Certificate, load_der_x509_certificate, load_pem_x509_certificates
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, VerifierBuilder, decode_timestamp_response
from rfc3161_client.errors import VerificationError

from chalicelib.kernel.clock import local_text

REQUEST_TYPE = "application/timestamp-query"


@dataclass(frozen=True)
class StampRequest:
    """A request as it is sent (DER), and the number that the answer must repeat."""

    content: bytes
    nonce: int


def stamp_request(content: bytes) -> StampRequest:
    """A request for a time stamp over some content; its SHA-256 alone leaves the hub."""
    made = TimestampRequestBuilder().data(content).hash_algorithm(HashAlgorithm.SHA256).build()
    if made.nonce is None:
        raise RuntimeError("the library made a request without a nonce")
    return StampRequest(made.as_bytes(), made.nonce)


def certificates(content: bytes) -> list[Certificate]:
    """Certificates from a PEM file or from one in DER. Raises ``ValueError``."""
    if b"-----BEGIN" in content:
        return load_pem_x509_certificates(content)
    return [load_der_x509_certificate(content)]


def stamp_faults(content: bytes, response: bytes, roots: list[Certificate], nonce: int | None = None) -> list[str]:
    """What is wrong with an authority's answer (DER) to a request over ``content``; nothing is asked over the wire.

    ``roots``: the certificates that the authority's own is trusted by.
    """
    try:
        builder = VerifierBuilder(nonce=nonce, roots=roots)
        builder.build().verify_message(decode_timestamp_response(response), content)
    except VerificationError as error:
        return [f"the time stamp does not hold: {error}"]
    except Exception as error:  # the library's parser has no error of its own
        return [f"the time stamp can't be read: {error}"]
    return []


def stamped_at(response: bytes) -> str:
    """The authority's time of an answer that holds, Asia/Shanghai."""
    made = decode_timestamp_response(response).tst_info.gen_time
    return local_text(round(made.timestamp() * 1000))
