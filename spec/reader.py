#!/usr/bin/env python3
"""A second reader of .cxa archives, written from FORMAT.md and RECORDS.md alone.

    reader.py verify FILE             every fault, a line each: MEMBER: what is wrong
    reader.py list FILE               the members: offset of the data, size, digest, name
    reader.py cat FILE [COLLECTION]   the records in their JSON form, a line each

FILE may be - for a pipe. Exit code: 0 sound, 1 damaged, over a limit or not canonical,
2 wrong usage, 3 no archive or an unsupported one. It reads front to back (14.2) and does
not read what another tar packed again (14.4). Numbers in brackets are sections of
FORMAT.md, RECORDS is RECORDS.md. It needs Python 3.9 and the command zstd.
"""

import hashlib
import itertools
import re
import struct
import subprocess
import sys
import tempfile

from records import (COLLECTIONS, KEYS, MIB, RECORDS, Damaged, decode, message_text, need,
                     wire_fields)

BLOCK = 512


class Refused(Exception):
    """No archive at all, or one that asks for what this reader does not have (1, 4.2)."""


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


# -- 7 Frames

def decompress(frame, limit):
    """The content of the one frame that `frame` has to be."""
    need(len(frame) >= 5 and frame[:4] == b"\x28\xb5\x2f\xfd", "no zstd frame")
    descriptor, at = frame[4], 5
    need(not descriptor & 0x18, "frame: a reserved bit")
    need(not descriptor & 3, "frame: a dictionary id")
    need(descriptor & 4, "frame: no content checksum")
    single = descriptor & 0x20
    size_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    need(size_bytes, "frame: no content size")
    need(len(frame) >= at + (not single) + size_bytes, "frame: cut")
    if not single:
        window = (8 + (frame[at] & 7)) << (7 + (frame[at] >> 3))
        at += 1
    size = int.from_bytes(frame[at:at + size_bytes], "little") + 256 * (size_bytes == 2)
    at += size_bytes
    need((size if single else window) <= 8 * MIB, "limit: window of the frame")
    need(size <= limit, "limit: content size of the frame")
    need(size <= 64 * MIB or size // len(frame) <= 1000, "limit: ratio of the frame")
    last = False
    while not last:  # the blocks, to see where the frame ends (RFC 8878, 3.1.1.2)
        need(len(frame) >= at + 3, "frame: cut")
        block = int.from_bytes(frame[at:at + 3], "little")
        last, kind = block & 1, block >> 1 & 3
        need(kind != 3, "frame: a reserved block type")
        at += 3 + (1 if kind == 1 else block >> 3)
    need(len(frame) >= at + 4, "frame: cut")
    need(len(frame) == at + 4, "bytes behind the frame")
    return run_zstd(frame, size)


def run_zstd(frame, size):
    with tempfile.TemporaryFile() as file:
        file.write(frame)
        file.seek(0)
        with subprocess.Popen(["zstd", "-dcq"], stdin=file, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as zstd:
            content = zstd.stdout.read(size + 1)
            if len(content) > size:
                zstd.kill()
            complaint = zstd.stderr.read().decode(errors="replace").strip()
    need(len(content) == size, "frame: content of another size")
    need(zstd.returncode == 0, f"frame: {complaint}")
    return content


# -- 8 Batches

def embedding_rows(raw):
    """The Embedding messages in the columns of a batch (8.2)."""
    batch = decode("EmbeddingBatch", raw)["columns"]
    need(len(batch) == 1, "not exactly one EmbeddingColumns")
    columns, rows = batch[0], []
    n = len(columns["concept_ids"])
    need(n and len(columns["last_computed"]) == n, "columns of different length")
    for concept_id, time in zip(columns["concept_ids"], columns["last_computed"]):
        rows.append({"concept_id": concept_id, "embeddings": {"last_computed": time}})
    for name in "semantic_vector", "neural_signature", "context_vector":
        lengths, planes = columns[name]["lengths"], columns[name].get("planes")
        need(len(lengths) == n, f"{name}: lengths of another number")
        need(max(lengths) <= 65536, "limit: a vector too long")
        s = sum(lengths)
        need((planes is None) == (s == 0) and len(planes or b"") == 4 * s, f"{name}: planes")
        floats = struct.unpack(f"<{s}f", bytes(itertools.chain.from_iterable(
            zip(*(planes[k * s:k * s + s] for k in range(4))))) if s else b"")
        ends = list(itertools.accumulate(lengths))
        for row, length, end in zip(rows, lengths, ends):
            row["embeddings"][name] = floats[end - length:end]
    last = -1
    for extension in columns["extensions"]:
        need(last < extension["row"] < n, "extensions: rows do not ascend, or no such row")
        last = extension["row"]
        rows[last]["embeddings"]["extensions"] = extension["extensions"]
    return rows


def batch_records(collection, raw):
    """[(id, record)] of a batch; ids ascend (8.1)."""
    kind = RECORDS[collection]
    if collection == "embeddings":
        records = embedding_rows(raw)
    else:
        records = decode(kind + "Batch", raw)["records"]
    need(records, "a batch without records")
    key = KEYS.get(collection, "id")
    ids = [record[key] if key else 0 for record in records]
    need(all(a < b for a, b in zip(ids, ids[1:])), "ids do not ascend")
    return list(zip(ids, records))


# -- 2.1 Names, 2.2 their order

def place(name):
    """Something to compare names of members by; None for what is no name."""
    batch = re.fullmatch("(%s)/([0-9]{8})\\.pb\\.zst" % "|".join(COLLECTIONS), name, re.A)
    if batch:
        return 2, COLLECTIONS.index(batch[1]), int(batch[2])
    fixed = {"CORTEXARC": (0,), "schema.pb": (1,), "INDEX.pb.zst": (3,), "B2SUMS": (4,),
             "TRAILER": (5,)}
    return fixed.get(name)


def due(before, name):
    """The name that has to stand behind `before`, where `name` stands (2.2)."""
    fixed = {None: "CORTEXARC", "CORTEXARC": "schema.pb", "INDEX.pb.zst": "B2SUMS",
             "B2SUMS": "TRAILER"}
    if before in fixed:
        return fixed[before]
    (kind, *batch), (_, *batch_before) = place(name), place(before)
    if kind != 2 or batch[0] < (batch_before or batch)[0]:
        return "INDEX.pb.zst"
    follows = batch_before and batch_before[0] == batch[0]
    return f"{COLLECTIONS[batch[0]]}/{batch_before[1] + 1 if follows else 0:08}.pb.zst"


# -- 3 Tar blocks

def padding(n):
    return -n % BLOCK


def ustar(name, size, mtime, flag):
    """The one header that a member may have (3.1)."""
    none = b"000000 \0"
    block = struct.pack("100s8s8s8s12s12s8ss100s6s2s32s32s8s8s155s12x", name.encode("latin-1"),
                        b"000644 \0", none, none, b"%011o " % size, b"%011o " % mtime,
                        b" " * 8, flag, b"", b"ustar\0", b"00", b"", b"", none, none, b"")
    return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def pax_name(name):
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}PaxHeader/{last}"


def pax_record(hexadecimal):
    record = b"105 SCHILY.xattr.user.cortexarc.blake2b=" + hexadecimal + b"\n"
    return record.ljust(BLOCK, b"\0")


def octal(field):
    match = re.fullmatch(rb"([0-7]{11}) ", field)
    need(match, "header: not an octal number")
    return int(match[1], 8)


def mtime_of(created_at):
    """3.3"""
    return int(created_at / 1000) if 0 <= created_at < 8589934592000 else 0


class Input:
    """Bytes from a file or a pipe, counted."""

    def __init__(self, file):
        self.file, self.offset = file, 0

    def take(self, size, whole=True):
        data = self.file.read(size)
        self.offset += len(data)
        need(len(data) == size or not whole, "the file is cut")
        return data


class Member:
    def __init__(self, name, size, mtime, pax):
        self.name, self.size, self.mtime, self.pax = name, size, mtime, pax
        self.sound, self.facts = False, {}  # facts: what INDEX should say of it

    def read_data(self, source):
        limit = (MIB, 64 * MIB, 64 * MIB, 256 * MIB, 256 * MIB, BLOCK)[place(self.name)[0]]
        need(self.size <= limit, "limit: size of the member")
        self.offset = source.offset
        self.data = source.take(self.size)
        self.digest = digest(self.data)
        self.facts.update(offset=self.offset, stored_size=self.size)


class Reader:
    """Reads an archive front to back (14.2) and keeps account of its faults."""

    def __init__(self, file, report, level="records", keep=None):
        self.source, self.report, self.level, self.keep = Input(file), report, level, keep
        self.members, self.name, self.last_ids, self.header = [], "CORTEXARC", {}, None
        self.faults, self.canonical = 0, True

    def fault(self, complaint, name=None):
        self.faults += 1
        self.report(f"{name or self.name}: {complaint}")

    def run(self):
        """0 sound, 1 damaged or not canonical, 3 refused."""
        try:
            self.walk()
            self.end()
        except Damaged as damage:  # nothing behind it can be trusted to be where it is
            self.fault(damage)
        except Refused as refusal:
            self.report(f"{self.name}: {refusal}")
            return 3
        return 1 if self.faults or not self.canonical else 0

    def walk(self):
        while not self.members or self.members[-1].name != "TRAILER":
            member = self.preamble()
            self.members.append(member)
            need(len(self.members) <= 1 << 20, "limit: members")
            need(len(self.members) <= 65536 * ((self.source.offset >> 30) + 1),
                 "limit: members a GiB")
            member.read_data(self.source)
            try:
                need(member.pax in (None, member.digest.hex()), "digest of the data")
                member.facts["stored_digest"] = member.digest
                self.content(member)
                member.sound = True
            except Damaged as damage:
                if member.name == "CORTEXARC":
                    raise
                self.fault(damage)
            if any(self.source.take(padding(member.size))):
                self.fault("padding is not zero")

    def preamble(self):
        """Up to the data: 3.1 and 3.2, names and order by 2."""
        before, pax, mtime = self.members[-1].name if self.members else None, None, None
        block = self.source.take(BLOCK, whole=before)
        name = block[:100].split(b"\0")[0].decode("latin-1").replace("PaxHeader/", "", 1)
        is_tar = len(block) == BLOCK and block[257:263] == b"ustar\0"
        if not before and not (is_tar and place(name)):
            raise Refused("no archive")
        self.name = name if place(name) else due(before, "INDEX.pb.zst")
        need(any(block), "missing: zeros stand there")
        need(place(name), f"a member that has no place in an archive: {name!r}")
        expected = due(before, name)
        self.name = min(expected, name, key=place)  # what was left out, or comes too late
        need(name == expected, f"{name} behind {before}, where {expected} has to be")
        if before:
            mtime = mtime_of(self.header["metadata"]["created_at"])
        if place(name)[0] in (1, 2, 3):
            need(block == ustar(pax_name(name), 105, mtime, b"x"), "pax header: not canonical")
            block = self.source.take(BLOCK)
            pax = block[40:104]
            need(re.fullmatch(b"[0-9a-f]{64}", pax) and block == pax_record(pax), "pax record")
            pax = pax.decode()
            block = self.source.take(BLOCK)
        size, mtime = octal(block[124:136]), octal(block[136:148]) if mtime is None else mtime
        need(block == ustar(name, size, mtime, b"0"), "ustar header: not canonical")
        return Member(name, size, mtime, pax)

    def content(self, member):
        kind = place(member.name)[0]
        if kind == 0:
            self.header = judge_header(member, self.level)
        elif kind == 2 and self.level != "list":
            self.batch(member)
        elif kind == 3:
            raw = decompress(member.data, 256 * MIB)
            self.check_index(decode("Index", raw, itertools.repeat(1)))  # fields: no limit
        elif kind == 4:
            self.check_sums(member.data)
        elif kind == 5:
            self.check_trailer(member.data)
        member.data = None

    def batch(self, member):
        collection = member.name.split("/")[0]
        raw = decompress(member.data, 64 * MIB)
        records = batch_records(collection, raw)
        first, last = records[0][0], records[-1][0]
        need(first > self.last_ids.get(collection, -1), "ids do not ascend over batches")
        self.last_ids[collection] = last
        member.facts.update(raw_size=len(raw), raw_digest=digest(raw), records=len(records),
                            first_id=first, last_id=last)
        if self.keep is not None:
            self.keep.setdefault(collection, []).extend(record for _, record in records)

    def check_index(self, index):
        """Section 10, then what 13 says of INDEX."""
        entries, before = index["entries"], None
        totals = {name: [0] * 4 for name in COLLECTIONS}
        for entry in entries:
            check_entry(entry, before)
            before = entry
            sums = totals[entry["member"].split("/")[0]]
            for i, number in enumerate((1, *(entry[k] for k in SUMMED))):
                sums[i] += number
        found = [[total[key] for key in ("collection", "batches", *SUMMED)]
                 for total in index["totals"]]
        need(found == [[name, *sums] for name, sums in totals.items()], "totals")
        told = {entry["member"]: entry for entry in entries}
        there = {member.name: member for member in self.members if place(member.name)[0] == 2}
        for name in sorted(told.keys() ^ there.keys(), key=place):
            self.fault("INDEX does not tell of it" if name in there else "missing", name)
        for name in told if told.keys() == there.keys() else ():
            for key, found in there[name].facts.items():
                if told[name][key] != found:
                    self.fault(f"INDEX has another {key}", name)

    def check_sums(self, data):
        """Section 11. The lines can only be those of the members that were read."""
        lines = data.split(b"\n")
        need(lines.pop() == b"", "no line feed at the end")
        for line, member in itertools.zip_longest(lines, self.members[:-1]):
            need(line is not None, f"no line for {member and member.name}")
            need(member, "a line for no member")
            hexadecimal, name = line[:64], line[64:]
            need(re.fullmatch(b"[0-9a-f]{64}", hexadecimal), "digest of a line")
            need(name == b"  " + member.name.encode(), f"not the line of {member.name}")
            if member.sound and hexadecimal.decode() != member.digest.hex():
                self.fault("B2SUMS has another digest", member.name)

    def check_trailer(self, data):
        """Section 12, then 13."""
        need(len(data) == BLOCK, "not 512 bytes")
        magic, major, minor, *places, index_digest, root, zeros, own = struct.unpack(
            "<16sIIQQQQ32s32s360s32s", data)
        need(magic == b"CORTEXARC-END\r\n\0", "magic")
        need(own == digest(data[:480]), "digest")
        if major > 1:
            raise Refused(f"unsupported: version {major} in TRAILER")
        need(major == 1, "version")
        need(not any(zeros), "reserved bytes are not zero")
        need(minor == self.header["format_minor"], "minor version")
        index, sums = self.members[-3:-1]
        need(places == [index.offset, index.size, sums.offset, sums.size], "places of members")
        need(not index.sound or index_digest == index.digest, "digest of INDEX.pb.zst")
        if root != sums.digest:
            self.fault("TRAILER has another root hash", sums.name)

    def end(self):
        """3.5"""
        self.name = "TRAILER"
        need(not any(self.source.take(2 * BLOCK)), "no two blocks of zeros at the end")
        rest = self.source.file.read(MIB + 1)
        need(len(rest) <= MIB and not any(rest), "something behind the end")
        if rest:
            self.canonical = False
            self.report(f"{self.name}: {len(rest)} zeros behind the end; not canonical")


SUMMED = "records", "stored_size", "raw_size"


def check_entry(entry, before):
    """An IndexEntry by itself and behind the one before (10)."""
    name = entry["member"]
    need((place(name) or [0])[0] == 2, f"no name of a batch: {name!r}")
    need(name == due(before["member"] if before else "schema.pb", name), f"{name}: order")
    need(len(entry["stored_digest"]) == len(entry["raw_digest"]) == 32, f"{name}: digest")
    need(all(entry[k] for k in SUMMED), f"{name}: zero")
    first, last, records = entry["first_id"], entry["last_id"], entry["records"]
    need(records - 1 <= last - first, f"{name}: ids")  # and so first <= last
    need(records > 1 or first == last, f"{name}: ids")
    offset = 4096
    if before:
        offset = before["offset"] + before["stored_size"]
        offset += padding(offset) + 3 * BLOCK
        same = before["member"].split("/")[0] == name.split("/")[0]
        need(not same or first > before["last_id"], f"{name}: ids")
    need(entry["offset"] % BLOCK == 0, f"{name}: offset")
    need(entry["offset"] == offset if before else entry["offset"] >= offset, f"{name}: offset")
    need(not name.startswith("system_state") or (records, first) == (1, 0), f"{name}: ids")


# -- 4 CORTEXARC

def plain(data, number, wire):
    """The values of a field in bytes that need not be canonical (4.2, 2)."""
    values = []
    try:
        for found, found_wire, value, _ in wire_fields(data):
            if (found, found_wire) == (number, wire):
                values.append(value)
    except Damaged:
        pass
    return values


def judge_header(member, level):
    """4.2, in its order."""
    envelope = decode("HeaderEnvelope", member.data)
    raw = envelope["header_bytes"]
    need(raw, "header_bytes is empty")
    need(envelope["header_digest"] == digest(raw), "header_digest")

    writer = [b"".join(plain(raw, n, 2)[-1:]).decode(errors="replace") for n in (8, 9)]

    def support(condition, what):
        if not condition:
            raise Refused(f"unsupported: {what}; written by {' '.join(writer)}")
    major = plain(raw, 1, 0)[-1:]
    need(major != [0], "format_major is 0")
    support(not major or major[0] == 1, f"format_major {major}")
    features = plain(raw, 3, 2) + (plain(raw, 4, 2) if level != "list" else [])
    support(not features, f"features {features}")
    versions = [v for metadata in plain(raw, 11, 2) for v in plain(metadata, 4, 0)]
    need(versions[-1:] != [0], "data_version is 0")
    support(not versions or versions[-1] <= 2, f"data_version {versions}")
    names = plain(raw, 7, 2)[-1:]
    support(names in ([], [b"BLAKE2b-256"]), f"hash {names}")

    header = decode("Header", raw)
    for size in header["batch_sizes"]:
        need(size["min_bytes"] <= size["max_bytes"], "batch_sizes")
        need(size["boundary_bits"] <= 63, "batch_sizes")
    need("base_digest" not in header, "base_digest")
    need(all(loss["first_id"] <= loss["last_id"] for loss in header["losses"]), "losses")
    need(member.mtime == mtime_of(header["metadata"]["created_at"]), "mtime")
    return header


# -- The commands

def json_lines(kept, wanted):
    """Concepts with their embeddings; embeddings by themselves only where asked for."""
    vectors = {row["concept_id"]: row["embeddings"] for row in kept.get("embeddings", [])}
    for collection in [wanted] if wanted else COLLECTIONS:
        if collection == "embeddings" and not wanted:
            continue
        for record in kept.get(collection, []):
            yield message_text(RECORDS[collection], record, vectors.get(record.get("id")))


def say(line):
    print(line, file=sys.stderr)


def main(command, path="-", wanted=None):
    if command not in ("verify", "list", "cat") or wanted not in (None, *COLLECTIONS):
        return say(__doc__) or 2
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    kept = {} if command == "cat" else None
    try:
        with open(0 if path == "-" else path, "rb") as file:
            reader = Reader(file, print if command == "verify" else say,
                            "list" if command == "list" else "records", kept)
            code = reader.run()
    except OSError as error:
        return say(error) or 2
    if command == "list":
        for member in reader.members:
            if hasattr(member, "digest"):
                print(member.offset, member.size, member.digest.hex(), member.name)
    if command == "cat" and code != 3 and not reader.faults:  # only now is it certain (14.2)
        for line in json_lines(kept, wanted):
            print(line)
    return code


if __name__ == "__main__":
    if not 2 < len(sys.argv) < 5:
        sys.exit(say(__doc__) or 2)
    sys.exit(main(*sys.argv[1:]))
