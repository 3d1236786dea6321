"""Files in the hub's five buckets, by the bucket's role: inbox, outbox, work, public, evidence."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any, Protocol
from urllib.parse import parse_qs, urlsplit

from botocore.exceptions import ClientError

from chalicelib.kernel.digests import file_sha256
from chalicelib.kernel.errors import Conflict, NotFound
from chalicelib.kernel.settings import Settings

BYTES = "application/octet-stream"
# A write on condition that meets another one is turned away until that one is through.
WRITES_MAX = 5
_CONTENDED = ("ConditionalRequestConflict", "409")


class Files(Protocol):
    """Where files are kept."""

    def read(self, bucket: str, key: str) -> bytes:
        """The whole file; ``NotFound`` where there is none."""
        ...

    def versions(self, bucket: str, key: str) -> list[bytes]:
        """Everything that was ever written under a key of a bucket that keeps it, the oldest first; ``NotFound``."""
        ...

    def fetch(self, bucket: str, key: str) -> IO[bytes]:
        """The file beside the process rather than in its memory, for one that may be large; close it after use."""
        ...

    def write(
        self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream", cache: str = ""
    ) -> None:
        """Write a file, over whatever stood there. ``cache``: its ``Cache-Control``."""
        ...

    def store(self, bucket: str, key: str, source: IO[bytes], content_type: str = "application/octet-stream") -> None:
        """Write a file, from its start, that lies beside the process and may be large."""
        ...

    def write_once(
        self,
        bucket: str,
        key: str,
        body: bytes | IO[bytes],
        content_type: str = BYTES,
        *,
        locked_until: datetime | None = None,
    ) -> None:
        """Write a file that must never change: the same bytes again are fine, others raise ``Conflict``.

        ``body``: or a file, from its start, that lies beside the process and may be large.
        ``locked_until``: nobody may remove it before, in a bucket that locks; else the bucket's own term counts.
        """
        ...

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        ...

    def link(self, bucket: str, key: str, seconds: int) -> str:
        """An address that anybody may read the file at, for so long."""
        ...

    def upload_link(self, bucket: str, key: str, sha256: str, size: int, seconds: int) -> tuple[str, dict[str, str]]:
        """An address that anybody may PUT one file at, once, for so long, and the headers to send along: nothing is
        taken there but so many bytes of that SHA-256 (hex)."""
        ...

    def checksum(self, bucket: str, key: str) -> tuple[int, str] | None:
        """Length and SHA-256 (hex, empty where none was kept) of a file; ``None`` where there is none."""
        ...


class S3Files:
    """Files on S3."""

    def __init__(self, s3: Any, settings: Settings) -> None:
        self._s3 = s3
        self._settings = settings

    def read(self, bucket: str, key: str) -> bytes:
        """The whole file; ``NotFound`` where there is none."""
        try:
            body: bytes = self._s3.get_object(Bucket=self._settings.bucket(bucket), Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise NotFound("FILE_MISSING", f"文件不存在: {key}") from error
            raise
        return body

    def versions(self, bucket: str, key: str) -> list[bytes]:
        """Everything that was ever written under a key of a bucket that keeps it, the oldest first; ``NotFound``."""
        named = {"Bucket": self._settings.bucket(bucket), "Prefix": key}
        pages = self._s3.get_paginator("list_object_versions").paginate(**named)
        listed = [each for page in pages for each in page.get("Versions", ()) if each["Key"] == key]
        if not listed:
            raise NotFound("FILE_MISSING", f"文件不存在: {key}")
        # Listed the latest first.
        which = [{"Bucket": named["Bucket"], "Key": key, "VersionId": each["VersionId"]} for each in reversed(listed)]
        return [self._s3.get_object(**each)["Body"].read() for each in which]

    def fetch(self, bucket: str, key: str) -> IO[bytes]:
        """The file beside the process rather than in its memory, for one that may be large; close it after use."""
        held = tempfile.TemporaryFile()  # noqa: SIM115 (whoever asked closes it)
        try:
            self._s3.download_fileobj(self._settings.bucket(bucket), key, held)
        except ClientError as error:
            held.close()
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                raise NotFound("FILE_MISSING", f"文件不存在: {key}") from error
            raise
        held.seek(0)
        return held

    def write(
        self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream", cache: str = ""
    ) -> None:
        """Write a file, over whatever stood there. ``cache``: its ``Cache-Control``."""
        told = {"CacheControl": cache} if cache else {}
        self._s3.put_object(Bucket=self._settings.bucket(bucket), Key=key, Body=body, ContentType=content_type, **told)

    def store(self, bucket: str, key: str, source: IO[bytes], content_type: str = "application/octet-stream") -> None:
        """Write a file, from its start, that lies beside the process and may be large."""
        source.seek(0)
        self._s3.put_object(Bucket=self._settings.bucket(bucket), Key=key, Body=source, ContentType=content_type)

    def write_once(
        self,
        bucket: str,
        key: str,
        body: bytes | IO[bytes],
        content_type: str = BYTES,
        *,
        locked_until: datetime | None = None,
    ) -> None:
        """Write a file that must never change: the same bytes again are fine, others raise ``Conflict``.

        ``body``: or a file, from its start, that lies beside the process and may be large.
        ``locked_until``: nobody may remove it before, in a bucket that locks; else the bucket's own term counts.
        """
        source = io.BytesIO(body) if isinstance(body, bytes) else body
        named: dict[str, Any] = {"Bucket": self._settings.bucket(bucket), "Key": key, "Body": source}
        if locked_until is not None:
            mode = self._settings.need("EVIDENCE_LOCK_MODE")
            named |= {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": locked_until}
        for left in reversed(range(WRITES_MAX)):
            source.seek(0)
            try:
                self._s3.put_object(**named, ContentType=content_type, IfNoneMatch="*")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in _CONTENDED and left:
                    continue
                if code not in ("PreconditionFailed", "412"):
                    raise
                source.seek(0)
                with self.fetch(bucket, key) as standing:
                    if file_sha256(standing) != file_sha256(source):
                        raise Conflict("FILE_CHANGED", f"文件已存在且内容不同: {key}") from error
            return

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._settings.bucket(bucket), Prefix=prefix)
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", ()))

    def link(self, bucket: str, key: str, seconds: int) -> str:
        """An address that anybody may read the file at, for so long."""
        named = {"Bucket": self._settings.bucket(bucket), "Key": key}
        address: str = self._s3.generate_presigned_url("get_object", Params=named, ExpiresIn=seconds)
        return address

    def upload_link(self, bucket: str, key: str, sha256: str, size: int, seconds: int) -> tuple[str, dict[str, str]]:
        """An address to PUT at; S3 itself holds the bytes to the digest, which is signed with the address."""
        digest = base64.b64encode(bytes.fromhex(sha256)).decode()
        named = {"Bucket": self._settings.bucket(bucket), "Key": key, "ContentLength": size}
        params = {**named, "ChecksumAlgorithm": "SHA256", "ChecksumSHA256": digest, "IfNoneMatch": "*"}
        address: str = self._s3.generate_presigned_url("put_object", Params=params, ExpiresIn=seconds)
        # Headers that are signed have to be sent; what the address itself carries need not be.
        asked = {"content-length": str(size), "if-none-match": "*", "x-amz-checksum-sha256": digest}
        asked["x-amz-sdk-checksum-algorithm"] = "SHA256"
        signed = parse_qs(urlsplit(address).query)["X-Amz-SignedHeaders"][0].split(";")
        return address, {name: asked[name] for name in signed if name != "host"}

    def checksum(self, bucket: str, key: str) -> tuple[int, str] | None:
        """Length and SHA-256 as S3 worked it out when the file arrived."""
        try:
            found = self._s3.head_object(Bucket=self._settings.bucket(bucket), Key=key, ChecksumMode="ENABLED")
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        return found["ContentLength"], base64.b64decode(found.get("ChecksumSHA256", "")).hex()


@dataclass
class MemoryFiles:
    """Files in memory, for tests and simulations."""

    held: dict[tuple[str, str], bytes] = field(default_factory=dict)
    overwritten: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)

    def read(self, bucket: str, key: str) -> bytes:
        """The whole file; ``NotFound`` where there is none."""
        if (bucket, key) not in self.held:
            raise NotFound("FILE_MISSING", f"文件不存在: {key}")
        return self.held[bucket, key]

    def versions(self, bucket: str, key: str) -> list[bytes]:
        """Everything that was ever written under a key, the oldest first; ``NotFound`` where nothing was."""
        return [*self.overwritten.get((bucket, key), ()), self.read(bucket, key)]

    def fetch(self, bucket: str, key: str) -> IO[bytes]:
        """The file, to be read bit by bit."""
        return io.BytesIO(self.read(bucket, key))

    def write(
        self, bucket: str, key: str, body: bytes, content_type: str = "application/octet-stream", cache: str = ""
    ) -> None:
        """Write a file, over whatever stood there. ``cache``: its ``Cache-Control``."""
        del content_type, cache
        if (bucket, key) in self.held:
            self.overwritten.setdefault((bucket, key), []).append(self.held[bucket, key])
        self.held[bucket, key] = body

    def store(self, bucket: str, key: str, source: IO[bytes], content_type: str = "application/octet-stream") -> None:
        """Write a file, from its start, that lies beside the process and may be large."""
        source.seek(0)
        self.write(bucket, key, source.read(), content_type)

    def write_once(
        self,
        bucket: str,
        key: str,
        body: bytes | IO[bytes],
        content_type: str = BYTES,
        *,
        locked_until: datetime | None = None,
    ) -> None:
        """Write a file that must never change: the same bytes again are fine, others raise ``Conflict``.

        ``body``: or a file, from its start, that lies beside the process and may be large.
        ``locked_until``: nobody may remove it before, in a bucket that locks; else the bucket's own term counts.
        """
        del content_type, locked_until
        if not isinstance(body, bytes):
            body.seek(0)
            body = body.read()
        if self.held.setdefault((bucket, key), body) != body:
            raise Conflict("FILE_CHANGED", f"文件已存在且内容不同: {key}")

    def keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """The keys below a prefix, in order."""
        yield from sorted(key for held_in, key in self.held if held_in == bucket and key.startswith(prefix))

    def link(self, bucket: str, key: str, seconds: int) -> str:
        """An address that anybody may read the file at, for so long."""
        return f"memory://{bucket}/{key}?for={seconds}"

    def upload_link(self, bucket: str, key: str, sha256: str, size: int, seconds: int) -> tuple[str, dict[str, str]]:
        """An address that says what it is good for."""
        return f"memory://{bucket}/{key}?for={seconds}", {"content-length": str(size), "sha256": sha256}

    def checksum(self, bucket: str, key: str) -> tuple[int, str] | None:
        """Length and SHA-256 of a file."""
        held = self.held.get((bucket, key))
        return None if held is None else (len(held), hashlib.sha256(held).hexdigest())


def read_json(files: Files, bucket: str, key: str) -> Any:
    """A JSON file's content."""
    return json.loads(files.read(bucket, key))


def write_json(files: Files, bucket: str, key: str, content: Any, cache: str = "") -> None:
    """Write content as JSON in UTF-8. ``cache``: its ``Cache-Control``."""
    files.write(bucket, key, json.dumps(content, ensure_ascii=False).encode(), "application/json", cache)
