# ruff: noqa: B905, D103, E401, I001 -- one page, to be read from top to bottom by whoever doubts us
# fmt: off
"""python3 verify.py PACKAGE.zip [--previous ZIP] [--public-key BASE64] [--attachment FILE]: exit 0 if all holds."""
import argparse, base64, collections, datetime, functools, hashlib, hmac, io, json, re, sys, tomllib, typing, zipfile
from pathlib import Path
sha256, hash_of = lambda content: hashlib.sha256(content).hexdigest(), lambda content: hashlib.sha256(content).digest()
mean, b64 = lambda prices: (2 * sum(prices) + len(prices)) // (2 * len(prices)) if prices else None, base64.b64decode
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, HAS_SM3 = -121665 * pow(121666, -1, P) % P, "sm3" in hashlib.algorithms_available
ROW = re.compile(r"([0-9A-Za-z-]{1,32}),([1-9][0-9]{0,8}),([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3})")
def point(packed: bytes) -> tuple[int, int]:  # Ed25519 as in RFC 8032, 5.1
    y, sign = int.from_bytes(packed, "little") % 2**255, packed[31] >> 7
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    is_point = y < P and (v * x * x - u) % P == 0 and (x > 0 or not sign)
    return (x if x % 2 == sign else P - x, y) if is_point else (0, 0)  # no point adds up to a point with this
def add(p: tuple[int, int], q: tuple[int, int]) -> tuple[int, int]:
    t = D * p[0] * q[0] * p[1] * q[1] % P
    return (p[0] * q[1] + q[0] * p[1]) * pow(1 + t, -1, P) % P, (p[1] * q[1] + p[0] * q[0]) * pow(1 - t, -1, P) % P
def times(number: int, p: tuple[int, int]) -> tuple[int, int]:
    half = times(number // 2, p) if number else (0, 1)
    return add(add(half, half), p if number % 2 else (0, 1)) if number else half
def is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    whole = (len(signature), len(key)) == (64, 32) and (s := int.from_bytes(signature[32:], "little")) < ORDER
    return whole and times(s, point(b"\x58" + b"\x66" * 31)) == add(point(signature[:32]), times(h, point(key)))
def roots(rows: list[bytes], sizes: set[int]) -> tuple[list[bytes], dict[int, str]]:  # RFC 6962, 2.1
    leaves, stack, found = [hash_of(b"\0" + row) for row in rows], list[bytes](), {0: sha256(b"")}
    for count, leaf in enumerate(leaves, 1):
        stack.append(leaf)
        while len(stack) > count.bit_count():
            stack[-2:] = [hash_of(b"\1" + stack[-2] + stack[-1])]
        if count in sizes:
            found[count] = functools.reduce(lambda right, left: hash_of(b"\1" + left + right), stack[::-1]).hex()
    return leaves, found
def row_faults(name: str, leaves: list[bytes], sealed: bytes) -> list[str]:
    was, now = [sealed[at : at + 8] for at in range(0, len(sealed), 8)], [leaf[:8] for leaf in leaves]
    wrong = [line for line, (a, b) in enumerate(zip(was, now), 2) if a != b]
    if more := len(now) - len(was):
        first, what = min([*wrong, len(was) + 2, len(now) + 2]), "多出" if more > 0 else "缺少"
        return [f"{name} 第 {first} 行起{what} {abs(more)} 行"]
    return [f"{name} 第 {line} 行: {'行序' if sorted(was) == sorted(now) else '内容'}被改动" for line in wrong[:9]]
def file_faults(listed: dict[str, dict[str, typing.Any]], members: dict[str, bytes]) -> list[str]:
    faults = [f"{name}: 清单与包中的文件不一致" for name in sorted(listed.keys() ^ members.keys())]
    for name, content in ((name, members[name]) for name in sorted(listed.keys() & members.keys())):
        told, sm3 = listed[name], hashlib.new("sm3", content).hexdigest() if HAS_SM3 else listed[name]["sm3"]
        whole = (sha256(content), sm3, len(content)) == (told["sha256"], told["sm3"], told["bytes"])
        faults += [f"{name}: 摘要或长度与清单不符"] * (not whole)
        leaves, known = roots(rows := content.splitlines()[1:] * name.endswith(".csv"), {len(rows)})
        if name.endswith(".csv") and (known[len(rows)], len(rows)) != (told["merkle_root"], told["rows"]):
            faults.append(f"{name}: 默克尔根或行数与清单不符")
            index, told = members.get(f"{name}.leaves", b""), listed.get(f"{name}.leaves", {})
            faults += row_faults(name, leaves, index) if sha256(index) == told.get("sha256") else []
    return faults
def log_faults(members: dict[str, bytes], key: str) -> list[str]:
    rows, heads, faults = members["bid-log.csv"].splitlines()[1:], json.loads(members["tree-heads.json"]), []
    known, logged = roots(rows, {signed["head"]["size"] for signed in heads})[1], collections.Counter[tuple[str, str]]()
    for head, signature, signer in ((signed["head"], signed["signature"], signed["public_key"]) for signed in heads):
        text = json.dumps(head, sort_keys=True, separators=(",", ":")).encode()
        right = signer == key and known.get(head["size"]) == head["root"] and is_signed(text, b64(signature), b64(key))
        faults += [f"tree-heads.json {head['at']}: 签名不符,或根与出价日志前 {head['size']} 行不符"] * (not right)
    faults += ["tree-heads.json: 最后的树头未包括全部出价日志"] * (heads[-1]["head"]["size"] != len(rows))
    logged.update((of[1], f"{of[2]},{of[4]},{of[5]}") for of in (row.decode().split(",") for row in rows))
    for name in (name[5:-4] for name in members if name.startswith("bids-") and name.endswith(".csv")):
        logged.subtract((name, row) for row in members[f"bids-{name}.csv"].decode().splitlines()[1:])
    odd = [f"bids-{name}.csv: {row} {'仅' if n > 0 else '不'}在出价日志中" for (name, row), n in logged.items() if n]
    return faults + sorted(odd)[:9]
def bounds(phase: dict[str, typing.Any], warning: int | None, at: str, given: typing.Any) -> list[tuple[int, int]]:
    bid_ms, band = datetime.datetime.fromisoformat(f"{at}+08:00").timestamp() * 1000, phase["band"]
    near = [fen for ms, fen in given if -phase["lowest_age_ms_max"] <= int(ms) - bid_ms <= 30_000]  # while worked on
    most = (warning or 0) * 100 if phase["limit"] == "warning_price" else 10**12
    return [(fen - band * 100, fen + band * 100) for fen in near] if phase["limit"] == "around_lowest" else [(0, most)]
def recount(manifest: dict[str, typing.Any], members: dict[str, bytes]) -> list[str]:
    rules, seed = tomllib.loads(members["rules.toml"].decode()), bytes.fromhex(members["seed.txt"].decode())
    result, window, history = (json.loads(members[f"{name}.json"]) for name in ("result", "window", "history"))
    told = [each[name] for each in (result, window) for name in ("period", "seed_commitment")] + [result["seed"]]
    bound = [manifest["period"], sha256(seed)] * 2 + [seed.hex()]
    same_rules, ranks = manifest["rules_version"] == f"{rules['city']} {rules['version']}", []
    faults = ["result.json: 期号、种子、种子承诺或规则版本不一致"] * (told != bound or not same_rules)
    for name, told in sorted(result["classes"].items()):
        stands, bids, turns, before, past = {}, *(collections.Counter[str]() for _ in "12"), ("", ""), history[name]
        given = [(ms, of[name]) for ms, of in json.loads(members.get("lowest.json", b"{}")).items() if name in of]
        cap, said = (past["last_average_fen"] or 0) * rules.get("cap_multiple", 0), window["classes"][name]
        stated = ((said["cap"] or 0) * 100, said["quota"]) == (cap, told["more_quota"]["announced"])
        faults += [f"window.json {name}: 最高限价或配额与 history.json、result.json 不一致"] * (not stated)
        for line, row in enumerate(members[f"bids-{name}.csv"].decode().splitlines()[1:], 2):
            code, price, at = row.split(",") if ROW.fullmatch(row) else ("", "0", "1970-01-01T00:00")
            bids[code], fen = bids[code] + 1, int(price) * 100
            wrong = fen < rules["reserve_fen"] or fen % rules["tick_fen"] > 0 or bids[code] > rules["bids_max"]
            wrong |= 0 < cap < fen or not window["opens_at"] <= at < window["closes_at"] or (at, code) <= before
            wrong |= any(pause["from"] <= at < (pause["until"] or "~") for pause in window["pauses"])
            phase = next((each for each in window["phases"] if at < each["closes_at"]), window["phases"][-1])
            turns[turn := f"{code} {phase['name']}"] += 1
            wrong |= turns[turn] > phase["bids_max"] or (not phase["newcomers"] and turns[turn] == bids[code])
            wrong |= not any(low <= fen <= high for low, high in bounds(phase, said["warning"], at, given))
            faults += [f"bids-{name}.csv 第 {line} 行: 不合竞价规则"] * wrong
            before, stands[code] = (at, code), (-int(price), at, hmac.digest(seed, code.encode(), "sha256"), code)
        ranked, announced, rule = sorted(stands.values()), told["more_quota"]["announced"], rules.get("more_quota", {})
        prices, added, held, total = [-bid[0] for bid in ranked], 0, {}, -sum(bid[0] for bid in ranked)
        count, low = len(prices), (prices[:announced] or [0])[-1]
        if rule.get("bidder_class") == name:
            lows, last = past["lows_fen"][-rule["history_periods"] :], past["last_mean_fen"]
            held["bidders_reach_multiple_of_quota"] = count >= rule["bidders_multiple"] * announced
            held["mean_above_last_period"] = last is not None and total * 100 > last * count
            held["lowest_reaches_history"] = len(lows) == rule["history_periods"] and low * 100 >= max(lows)
            held["lowest_reaches_multiple_of_mean"] = low * 100 * count >= rule["lowest_percent_of_mean"] * total
            part = announced * rule["percent"] + {"down": 0, "half_up": 50, "up": 99}[rule["rounding"]]
            added = part // 100 * all(held.values())
        quota, cut, won = announced + added, count * rules["broadcast_trim_percent"] // 100, prices[: announced + added]
        low, last = (won[-1], ranked[len(won) - 1][1]) if won else (0, None)
        counted = {"quota": quota, "bidders": count, "winners": len(won), "lowest": low or None, "last_winner_at": last}
        counted |= {"at_lowest": prices.count(low), "won_at_lowest": won.count(low), "qualified": told["qualified"]}
        counted |= {"average": mean(won), "mean_bid": mean(prices), "trimmed_mean": mean(prices[cut : count - cut])}
        counted |= {"more_quota": {"announced": announced, "added": added, "conditions": held}}
        wrongs = [key for key in sorted(counted.keys() | told.keys()) if counted.get(key) != told.get(key)]
        faults += [f"重新计票 {name} {key}: 封存 {told.get(key)},重算 {counted.get(key)}" for key in wrongs]
        ranks += [[name, place, bid[3], place <= quota] for place, bid in enumerate(ranked, 1)]
    ranking = sha256(json.dumps(ranks, separators=(",", ":")).encode())
    return faults + ["重新计票: 排名与 result.json 的摘要不符"] * (ranking != result["ranking_sha256"])
def check(package: Path, previous: Path | None, public_key: str | None, *more: Path) -> typing.Iterator[list[str]]:
    with zipfile.ZipFile(io.BytesIO(content := package.read_bytes())) as archive:
        infos = {info.filename: info for info in archive.infolist()}
        if len(content) != 22 + sum(76 + 2 * len(name) + info.file_size for name, info in infos.items()):
            raise ValueError("有重名或压缩的成员,或夹带别的数据")
        members = {name: archive.read(info) for name, info in infos.items()}
    seal, manifest = json.loads(members.pop("signature.json")), json.loads(raw := members.pop("manifest.json"))
    yield ["manifest.json: 格式不符"] * (manifest["format"] != "hangpai-evidence/4")
    yield ["signature.json: 公钥不是给出的公钥"] * ((key := seal["public_key"]) != (public_key or key))
    yield file_faults({entry["name"]: entry for entry in manifest["files"]}, members)
    listed, digest = [each["sha256"] for each in manifest["attachments"]], hashlib.file_digest
    yield [f"附件 {f.name}: 不在清单中" for f in more if digest(f.open("rb"), "sha256").hexdigest() not in listed]
    link, given_sha256 = manifest["previous"] or {"key": "(无)"}, previous and sha256(previous.read_bytes())
    yield [f"证据链: 上一个包 {link['key']} 与给出的包不符"] * (given_sha256 not in (None, link.get("sha256")))
    yield ["signature.json: 签名与清单不符"] * (not is_signed(raw, b64(seal["signature"]), b64(key)))
    yield recount(manifest, members) + log_faults(members, key) if "auction" in manifest["moment"] else []
if __name__ == "__main__":
    parser, found = argparse.ArgumentParser(description="验证封存证据包"), list[str]()
    _ = [parser.add_argument(name) for name in ("package", "--previous", "--public-key", "--attachment")]
    package, more = Path((given := parser.parse_args()).package), map(Path, filter(None, [given.attachment]))
    try:
        checked = check(package, given.previous and Path(given.previous), given.public_key, *more)
        found.extend(fault for faults in checked for fault in faults)
    except Exception as error:  # what can't be read does not hold
        found.append(f"证据包不完整或不可读: {error!r}")
    whole = "全部成立" + " (未给出上一个包或公布的公钥,相应各项未验)" * (not (given.previous and given.public_key))
    whole += " (另有 SM2 签名,由 verify_sm2.py 验证)" * (not found and b"\"sm2\":{" in package.read_bytes())
    sys.stdout.write("\n".join(found or [whole]) + "\n")
    sys.exit(bool(found))
