"""AWS as the hub's clients see it, in this process: each call takes time, may fail, and may be the function's last."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from chalicelib.bidding.wire import Reply
from local.load.tables import Refusal
from local.simulation.clockwork import Clockwork
from local.simulation.faults import Faults
from local.simulation.functions import Functions
from local.simulation.machines import Machines
from local.simulation.queues import Queues
from local.simulation.store import Store

ATTEMPTS = 4
# Of botocore's standard mode; and how long an attempt waits for an answer that does not come.
BACKOFF_MS = (0, 500, 1_000, 2_000)
NO_ANSWER_MS = 5_000
THROTTLED = "ThrottlingException"
Arrived = Callable[[str, str, str], None]


@dataclass
class Cloud:
    """Every service that a function of the hub calls."""

    clockwork: Clockwork
    faults: Faults
    store: Store
    functions: Functions
    machines: Machines
    queues: Queues
    secrets: Mapping[str, str]
    buckets: dict[str, dict[str, bytes]] = field(default_factory=dict)
    # Bucket and key -> all that was put there, the oldest first; a version is named by its place.
    versions: dict[tuple[str, str], list[bytes]] = field(default_factory=dict)
    # Told of each file that is put into a bucket: bucket, key, etag.
    arrived: Arrived = lambda _bucket, _key, _etag: None
    calls: int = 0

    def call(self, service: str, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """A call as botocore makes it, with its attempts. Raises what botocore raises."""
        token: dict[str, Any] = {}
        if operation == "PutObject" and not isinstance(asked["Body"], bytes):
            # An SDK rewinds the body for each attempt.
            token = {"Body": asked["Body"].read()}
        if operation == "TransactWriteItems":
            self.calls += 1
            token = {"ClientRequestToken": asked.get("ClientRequestToken") or f"token-{self.calls}"}
        error: Exception = ConnectTimeoutError(endpoint_url=service)
        for attempt in range(ATTEMPTS):
            self.clockwork.pause(BACKOFF_MS[attempt])
            try:
                return self.attempt(service, operation, {**asked, **token})
            except TimeoutError as lost:
                kind = ReadTimeoutError if "answer" in str(lost) else ConnectTimeoutError
                error = kind(endpoint_url=service)
            except Refusal as refusal:
                error = ClientError(_response(refusal), operation)
                if refusal.code != THROTTLED:
                    break
        raise error

    def attempt(self, service: str, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        """One attempt. Raises ``Refusal``, or ``TimeoutError`` where nothing comes back."""
        faults, work = self.faults, self.clockwork
        self.functions.breathe()
        now_ms = work.now_ms
        if service == "dynamodb" and faults.is_dark(now_ms):
            work.pause(NO_ANSWER_MS / 5)
            raise TimeoutError("no connection")
        if faults.strikes("throttled", now_ms):
            raise Refusal(THROTTLED, {"message": "slow down"})
        if faults.strikes("unsent", now_ms):
            work.pause(NO_ANSWER_MS / 2)
            raise TimeoutError("no connection")
        if operation == "TransactWriteItems" and faults.strikes("conflict", now_ms):
            reasons = [{"Code": "TransactionConflict", "Message": "busy"} for _ in asked["TransactItems"]]
            raise Refusal("TransactionCanceledException", {"CancellationReasons": reasons})
        lost = faults.strikes("unheard", now_ms)
        try:
            answer = self._carry_out(service, operation, asked)
        except Refusal:
            if not lost:
                raise
        if lost:
            work.pause(NO_ANSWER_MS)
            raise TimeoutError("no answer")
        self.functions.breathe()
        return answer

    def reply(self, service: str, operation: str, body: bytes, wait_ms: float) -> Reply:
        """One attempt of the bid function's own door. Raises ``OSError``."""
        try:
            answer = self.attempt(service, operation, json.loads(body))
        except Refusal as refusal:
            content = {"__type": f"com.amazonaws.dynamodb.v20120810#{refusal.code}", **refusal.content}
            return Reply(400, json.dumps(content).encode())
        except TimeoutError as lost:
            self.clockwork.pause(wait_ms)
            raise OSError(str(lost)) from lost
        return Reply(200, json.dumps(answer).encode())

    def _carry_out(self, service: str, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        known: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
            "dynamodb": self.store.carry_out,
            "s3": self._s3,
            "sqs": self._sqs,
            "stepfunctions": self._states,
            "secretsmanager": self._secret,
            "kms": self._kms,
            "lambda": _environments,
        }
        return known[service](operation, asked)

    def _sqs(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        del operation
        self.queues.send(asked["QueueUrl"], asked["MessageBody"])
        return {"MessageId": "sent"}

    def _secret(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        del operation
        return {"SecretString": self.secrets[asked["SecretId"]]}

    def _s3(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        held = self.buckets.setdefault(asked["Bucket"], {})
        match operation:
            case "GetObject":
                if asked["Key"] not in held:
                    raise Refusal("NoSuchKey")
                body = held[asked["Key"]]
                if "VersionId" in asked:
                    body = self.versions[asked["Bucket"], asked["Key"]][int(asked["VersionId"])]
                return {"Body": io.BytesIO(body)}
            case "PutObject":
                if asked.get("IfNoneMatch") == "*" and asked["Key"] in held:
                    raise Refusal("PreconditionFailed")
                self.put(asked["Bucket"], asked["Key"], asked["Body"])
                return {}
            case "ListObjectsV2":
                found = sorted(key for key in held if key.startswith(asked.get("Prefix", "")))
                return {"Contents": [{"Key": key} for key in found], "IsTruncated": False, "KeyCount": len(found)}
            case "ListObjectVersions":
                found = sorted(key for key in held if key.startswith(asked.get("Prefix", "")))
                kept = [(key, len(self.versions[asked["Bucket"], key])) for key in found]
                listed = [{"Key": key, "VersionId": str(each)} for key, n in kept for each in reversed(range(n))]
                return {"Versions": listed, "IsTruncated": False}
        raise RuntimeError(f"nobody plays S3 {operation} here")

    def put(self, bucket: str, key: str, body: bytes) -> None:
        """Put a file into a bucket, from inside or from outside."""
        self.buckets.setdefault(bucket, {})[key] = body
        self.versions.setdefault((bucket, key), []).append(body)
        self.arrived(bucket, key, hashlib.sha256(body).hexdigest()[:32])

    def _states(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "StartExecution":
            if not self.machines.start(asked["stateMachineArn"], asked["name"], json.loads(asked["input"])):
                raise Refusal("ExecutionAlreadyExists")
            return {"executionArn": asked["name"]}
        if operation == "SendTaskSuccess":
            if not self.machines.answer(asked["taskToken"], json.loads(asked["output"])):
                raise Refusal("TaskTimedOut")
            return {}
        raise RuntimeError(f"nobody plays Step Functions {operation} here")

    def _kms(self, operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        context = json.dumps(asked["EncryptionContext"], sort_keys=True)
        if operation == "GenerateDataKey":
            self.calls += 1
            plain = hashlib.sha256(f"{context}{self.calls}".encode()).digest()
            return {"Plaintext": plain, "CiphertextBlob": plain + context.encode()}
        blob = bytes(asked["CiphertextBlob"])
        if blob[32:].decode() != context:
            raise Refusal("InvalidCiphertextException")
        return {"Plaintext": blob[:32]}


def _environments(operation: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    del operation
    wanted = asked.get("ProvisionedConcurrentExecutions", 0)
    told = {"RequestedProvisionedConcurrentExecutions": wanted, "Status": "READY"}
    return {**told, "AvailableProvisionedConcurrentExecutions": wanted}


def _response(refusal: Refusal) -> Any:
    return {
        "Error": {"Code": refusal.code, "Message": str(refusal.content.get("message", refusal.code))},
        **refusal.content,
    }
