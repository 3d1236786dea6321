"""What the demo ends with: every file that was made, the checks, the figures and `summary.json`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from local.checks import everything, mishaps, planted, sealed
from local.checks.asked_files import read_asked
from local.checks.attached import attachments_hold
from local.checks.bank_files import read_exchange
from local.checks.check import Check
from local.checks.finance import finance_files_hold, sealed_balances
from local.checks.interest import banks_interest_was_paid
from local.checks.log_and_disc import bid_log_proves, disc_holds
from local.checks.logs import no_person_in_logs
from local.checks.papers import papers_came, receipts_agree
from local.checks.reported import reports_arrived
from local.month import ALIPAY, CHANNEL, Month
from local.payments import MINSHENG
from local.scenario import Story
from local.stage import Stage
from local.world.addresses import Addresses
from local.world.phones import all_texts, ends_by_campaign, sms_templates
from local.world.wallet import books_of, wallet_payments
from local.world.web import need, now_ms, until

BUCKETS = ("inbox", "outbox", "public", "evidence")
# domain.md, S 5.1: after application, after correction, qualification, auction day, settlement; and the closed month.
PACKAGES = 6
AMENDMENT_PATIENCE_MS = 60_000
PUBLIC = "auction/{period}/{name}.json"
BROADCASTS = "auction/{period}/broadcast-*.json"


@dataclass
class Report:
    """The demo's end in one piece. ``money`` are the six rules; ``further`` what else must hold."""

    figures: dict[str, Any]
    money: list[Check]
    further: list[Check]
    paths: list[str]

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in (*self.money, *self.further))

    def summary(self) -> dict[str, Any]:
        """As ``summary.json``."""
        return {
            **self.figures,
            "holds": self.holds,
            "money_rules": [asdict(check) for check in self.money],
            "checks": [asdict(check) for check in self.further],
            "files": self.paths,
        }


def keep_files(stage: Stage, out: Path) -> dict[str, dict[str, bytes]]:
    """Write every bucket's files below ``out``; returns bucket -> key -> content."""
    held = {bucket: stage.files(bucket) for bucket in BUCKETS}
    for bucket, files in held.items():
        for key, content in files.items():
            path = out / bucket / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return held


def keep_logs(stage: Stage, out: Path) -> dict[str, str]:
    """Write what the embedded AWS, the functions and the counterparties logged below ``out``; name -> the hub's own."""
    folder = out / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    logs = stage.logs()
    for name, lines in logs.items():
        (folder / f"{name}.log").write_text(lines)
    for name, kept in (("log", "embedded-aws.log"), ("counterparties.log", "counterparties.log")):
        source = stage.aws.folder / name
        if source.exists():
            (folder / kept).write_bytes(source.read_bytes())
    return logs


def gather(stage: Stage, month: Month, story: Story, out: Path) -> Report:
    """Collect the files, hold the month to every check, and count."""
    from chalicelib.ledger.records import entries

    held, logs = keep_files(stage, out), keep_logs(stage, out)
    at = Addresses.of_stage(stage, lambda _key, _content: None)
    wallet_books: dict[str, Any] = {"trades": []}
    if story.wallet.paid:
        wallet_books = books_of(at, story.wallet)
        month = wallet_payments(month, story.wallet, wallet_books)
    public = {
        name: json.loads(held["public"][PUBLIC.format(period=month.period, name=name)]) for name in ("window", "result")
    }
    told = broadcasts(held["public"], month.period)
    seen = everything.Evidence(
        month=month,
        entries=tuple(entries(month.period)),
        files={
            **_without(held["inbox"], story.mishaps.spoilt),
            **{key: stage.first_version("inbox", key) for key in story.mishaps.overwritten},
            **held["outbox"],
        },
        window=public["window"],
        result=public["result"],
        broadcasts=told,
        texts=all_texts(at, month.people, sms_templates()),
        treasury=need("GET", f"{at.treasury}/_state"),
        wallet=wallet_books,
        corrections=story.corrections,
        bids=story.bids,
        payers=story.payers,
        repeats={
            "bids": story.bids.repeats_same,
            "confirmations": story.payers.repeats,
            "approvals": sum(story.approver.approved.values()),
        },
        faults=story.faults(),
    )
    packages = {key: content for key, content in held["evidence"].items() if key.endswith(".zip")}
    archived = {key.rsplit("/", 1)[-1]: content for key, content in held["evidence"].items() if key not in packages}
    further = [
        *everything.further_checks(seen),
        *_sealed(stage, month, packages),
        _log_proves(stage, month, story, held["public"]),
        attachments_hold(story.attached, packages, held["evidence"]),
        reports_arrived(story.told, ends_by_campaign(at)),
        disc_holds(archived["disc.iso"], packages, archived["catalogue.csv"]),
        sealed.ledger_recomputes(next(packages[key] for key in packages if "month" in key), len(seen.entries)),
        planted.bad_codes_refused(story.activations.bad_codes),
        no_person_in_logs(logs, month.people),
        receipts_agree(
            seen.treasury, {story.payers.owed[code].pay_code: fen for code, fen in story.payers.paid_fen.items()}
        ),
        papers_came(story.papers.files, story.papers.faults),
        finance_files_hold(
            held["outbox"],
            month.period,
            sealed_balances(next(held["evidence"][key] for key in held["evidence"] if "month" in key)),
        ),
    ]
    if story.mishaps.planted:
        bad_files = tuple(file.key for file in month.files if file.bad_rows)
        by_bank = {CHANNEL: read_exchange(seen.files), MINSHENG: read_asked(seen.files, MINSHENG)}
        further += [
            mishaps.faults_are_named(bad_files, story.mishaps, story.problems),
            mishaps.differences_are_named(story.mishaps, {**by_bank, ALIPAY: read_asked(seen.files, ALIPAY)}),
            mishaps.rare_names_came_through(month, by_bank),
            mishaps.refused_in_part(MINSHENG, by_bank[MINSHENG]),
            banks_interest_was_paid(seen.files[story.mishaps.advice], by_bank[CHANNEL]),
        ]
    for name, content in story.papers.files.items():
        (out / "papers").mkdir(exist_ok=True)
        (out / "papers" / name).write_bytes(content)
    (out / "problems.json").write_text(json.dumps(story.problems, ensure_ascii=False, indent=2) + "\n")
    figures = {**_figures(stage, month.period), **_acted(month, story)}
    figures["broadcasts"] = told
    figures["announced"] = announced(held["public"], month.period)
    paths = sorted(str(path) for path in out.rglob("*") if path.is_file())
    return Report(figures, everything.money_checks(seen), further, paths)


def _without(files: Mapping[str, bytes], spoilt: Collection[str]) -> dict[str, bytes]:
    """The files less those that were dropped to be refused."""
    return {key: content for key, content in files.items() if key not in spoilt}


def announced(public: Mapping[str, bytes], period: str) -> list[str]:
    """The files of the announcement that stands, in the public bucket; the editions lie in folders below."""
    folder = f"announcement/{period}/"
    return sorted(key for key in public if key.startswith(folder) and "/" not in key.removeprefix(folder))


def broadcasts(public: Mapping[str, bytes], period: str) -> list[dict[str, Any]]:
    """The averages that were broadcast, the first one first, as the bidders' pages polled them."""
    told = [json.loads(content) for key, content in public.items() if fnmatch(key, BROADCASTS.format(period=period))]
    return sorted(told, key=lambda each: int(each["number"]))


def _evidence_keys(stage: Stage) -> tuple[str, str | None]:
    """The public halves of what packages are signed with: Ed25519, and SM2 where it is on."""
    from chalicelib.kernel import aws
    from chalicelib.kernel.ids import SystemEntropy
    from chalicelib.kernel.keyring import Keyring
    from chalicelib.kernel.settings import Settings, settings

    given = Settings({**settings().environment, "EVIDENCE_SM2": stage.deployed.parameters["EvidenceSm2"]})
    keys = Keyring(aws.client("secretsmanager"), given, SystemEntropy())
    second = keys.evidence_sm2_signer()
    return keys.evidence_signer().public_key, second.public_key if second else None


def _log_proves(stage: Stage, month: Month, story: Story, public: Mapping[str, bytes]) -> Check:
    heads = public[f"auction/{month.period}/log/heads.json"]
    return bid_log_proves(
        lambda path: need("GET", f"{stage.api_url}{path}"),
        month.period,
        story.bids.receipts,
        heads,
        _evidence_keys(stage)[0],
    )


def amendment_sealed(stage: Stage, month: Month, out: Path) -> Check:
    """The amendment's own package is there, and every package up to it still verifies and is chained, for both."""
    packages: dict[str, bytes] = {}
    for _ in until(now_ms() + AMENDMENT_PATIENCE_MS, pause_s=1.0):
        found = stage.files("evidence", f"{month.period}/")
        packages = {key: content for key, content in found.items() if key.endswith(".zip")}
        if any("amendment" in key for key in packages):
            break
    for key, content in packages.items():
        (out / "evidence" / key).write_bytes(content)
    (key, sm2_key), name = _evidence_keys(stage), "the amendment's package is chained to the month's"
    return sealed.packages_hold(packages, key, PACKAGES + 1, sm2_key=sm2_key, name=name)


def _sealed(stage: Stage, month: Month, packages: Mapping[str, bytes]) -> list[Check]:
    auction = next(content for key, content in packages.items() if "auction" in key)
    key, sm2_key = _evidence_keys(stage)
    return [
        sealed.packages_hold(packages, key, PACKAGES, sm2_key=sm2_key),
        sealed.auction_is_counted_again(auction, month.plan.city, recount),
    ]


def recount(city: str, bidder_class: str, quota: int, seed: str, bids: bytes) -> Mapping[str, Any]:
    """`hangpai rank` over a bids file, as the notary runs it: a process of its own, from outside."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(bids)
        file.flush()
        hangpai = [str(Path(sys.executable).with_name("hangpai")), "rank", "--rules", city, "--class", bidder_class]
        command = [*hangpai, "--quota", str(quota), "--seed", seed, "--json", file.name]
        done = subprocess.run(command, capture_output=True, check=True)
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def _figures(stage: Stage, period: str) -> dict[str, Any]:
    """The hub's own figures, from the deployed reports function."""
    answer = stage.aws.client("lambda").invoke(
        FunctionName=stage.deployed.resources["Reports"],
        Payload=json.dumps({"step": "summary", "period": period}).encode(),
    )
    figures: dict[str, Any] = json.loads(answer["Payload"].read())
    if "errorType" in figures:
        raise RuntimeError(f"the reports function failed: {figures['errorType']}: {figures.get('errorMessage')}")
    return figures


def _acted(month: Month, story: Story) -> dict[str, Any]:
    """What the actors saw, from outside the hub."""
    return {
        "seed": month.seed,
        "attempts": story.attempts,
        "people": len(month.people),
        "corrected": len(story.corrections.corrected),
        "bids_accepted": story.bids.accepted,
        "bids_refused": dict(sorted(story.bids.refused.items())),
        "codes_refused": {name: len(seen) for name, seen in sorted(story.activations.bad_codes.items())},
        "wrong_sms_codes_refused": story.activations.wrong_codes_refused,
        "unqualified_refused": sum(story.activations.unqualified_refused.values()),
        "other_accounts_given": len(story.other_accounts.given),
        "approvals": dict(sorted(story.approver.approved.items())),
        "self_approvals_refused": story.approver.self_approvals_refused,
        "problems_listed": len(story.problems),
        "texts_refused": dict(story.corrections.refused + story.activations.refused + story.other_accounts.refused),
    }
