#!/usr/bin/env python3
"""A second reader of .cxa archives, written from FORMAT.md and RECORDS.md alone.

    reader.py verify FILE             every fault, a line each: MEMBER: what is wrong
    reader.py list FILE               the members: offset of the data, size, digest, name
    reader.py cat FILE [COLLECTION]   the records in their JSON form, a line each

FILE may be - for a pipe. Exit code: 0 sound, 1 damaged or over a limit, 2 wrong usage,
3 no archive or an unsupported one. It reads front to back (FORMAT.md, 14.2) and needs
Python 3.9 and the command zstd. Numbers in brackets are sections of FORMAT.md; RECORDS
is RECORDS.md.
"""

import functools
import hashlib
import itertools
import json
import math
import re
import struct
import subprocess
import sys
import tempfile

COLLECTIONS = "concepts embeddings columns connections system_state query_cache sync_queue".split()
BLOCK, MIB = 512, 1 << 20


class Damaged(Exception):
    """Not what a writer of a known version makes, or over a limit (1, 17)."""


class Refused(Exception):
    """No archive at all, or one that asks for what this reader does not have (1, 4.2)."""


def need(condition, complaint):
    if not condition:
        raise Damaged(complaint)


def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


# -- RECORDS: the messages. A group of fields is TYPE:name,name,... and the numbers count
# from 1. s string, y bytes, u uint32, U uint64, c uint32 up to 255, b bool, f float,
# d double, or a message or an enum; ? optional, * repeated (numbers: packed); + stands for
# s?:extensions, the last field of most messages.

ENUMS = {
    "ConnectionType": "Semantic Temporal Causal Spatial Hierarchical Inferential",
    "SynapseType": "AMPA NMDA GABA_A GABA_B Modulatory",
    "QueryType": "Semantic Neural Hybrid Similarity Temporal Pattern",
    "MatchType": "Exact Semantic Partial Inferred Contextual",
    "ProcessingMode": "Fast Accurate Balanced Exhaustive",
    "SyncStatus": "Pending InProgress Completed Failed Cancelled Conflicted",
    "SyncPriority": "Low Normal High Critical",
}
ENUMS = {name: [None] + values.split() for name, values in ENUMS.items()}  # from 1

MESSAGES = """
Metadata s:backup_id d:created_at s:cortex_version u:data_version,total_concepts,total_columns,\
total_connections b:compression_used s:integrity_hash u:backup_size_bytes s:description +
ConceptSource s:origin d:timestamp s:session_id U?:parent_concept_id +
ConceptConnection U:target_id ConnectionType:connection_type f:strength d:created +
ConceptMetadata f:complexity s:category ConceptSource:source s*:tags c:priority f:confidence \
ConceptConnection*:connections +
Concept U:id s:content U:content_hash,column_id d:created_timestamp,last_accessed \
u:access_count ConceptMetadata:metadata u:version +
ConceptBatch Concept*:records
Embeddings f*:semantic_vector,neural_signature,context_vector d:last_computed +
Embedding U:concept_id Embeddings:embeddings
EmbeddingExtension u:row s:extensions
VectorColumn u*:lengths y?:planes
EmbeddingColumns U*:concept_ids d*:last_computed \
VectorColumn:semantic_vector,neural_signature,context_vector EmbeddingExtension*:extensions
EmbeddingBatch EmbeddingColumns*:columns
ColumnState f:activation_level,inhibition_level,spike_time,refractory_period,adaptation_state,\
plasticity_window +
ColumnPosition u:x,y c:layer s:region U*:neighbors +
Synapse U:target_id f:weight,delay,plasticity_factor SynapseType:connection_type \
d:last_activated +
ColumnConnections Synapse*:excitatory,inhibitory,modulatory,feedforward,feedback +
PerformanceMetrics f:allocation_efficiency,spike_frequency,plasticity_rate,\
energy_consumption,computational_load +
Column U:id U?:allocated_concept_id ColumnState:state ColumnPosition:position \
ColumnConnections:connections PerformanceMetrics:performance_metrics d:last_updated u:version +
ColumnBatch Column*:records
Connection U:id,source_id,target_id ConnectionType:connection_type f:weight d:last_activated \
u:version +
ConnectionBatch Connection*:records
CorticalState u:total_columns,allocated_columns,total_concepts,total_connections \
f:global_inhibition,plasticity_rate,learning_rate U:column_states_checksum +
NeuralParameters f:spike_threshold,refractory_period,decay_rate,plasticity_window,\
inhibition_radius,ttfs_base_time +
CortexConfiguration u*:cortex_size u:column_count,max_concepts,cache_size_mb b:simd_enabled \
NeuralParameters:neural_parameters +
SystemStatistics U:uptime_ms u:total_queries,cache_hits,cache_misses \
d:avg_query_time_ms,memory_usage_mb,storage_size_mb,last_gc_time +
SystemState s:system_id CorticalState:cortical_state CortexConfiguration:configuration \
SystemStatistics:statistics d:created,last_checkpoint u:version +
SystemStateBatch SystemState*:records
ConceptMatch U:concept_id f:relevance_score,activation_level MatchType:match_type \
f:context_bonus +
ColumnActivation U:column_id f:activation_strength,spike_timing,propagation_delay +
ActivationPath U*:column_sequence f*:activation_times f:total_path_strength,propagation_time +
QueryResults ConceptMatch*:concepts ColumnActivation*:activations ActivationPath*:paths \
f:confidence u:total_results b:truncated +
ParameterEntry s:key f:value
QueryMetadata s:user_context,session_id ProcessingMode:processing_mode \
ParameterEntry*:parameters +
QueryPerformance d:processing_time_ms,memory_usage_mb f:cache_hit_rate u:neural_ops_count \
f:simd_utilization +
CachedQuery U:query_hash s:query_text QueryType:query_type QueryResults:results \
QueryMetadata:metadata QueryPerformance:performance d:created,last_accessed,expiry u:version +
CachedQueryBatch CachedQuery*:records
ConceptData s:content ConceptMetadata:metadata Embeddings?:embeddings +
CreateConcept U:concept_id ConceptData:concept_data d:timestamp +
MetadataChangeEntry s:key,value_json
ConceptChanges s?:content MetadataChangeEntry*:metadata_changes \
Embeddings?:embedding_updates +
UpdateConcept U:concept_id ConceptChanges:changes u:version d:timestamp +
DeleteConcept U:concept_id d:timestamp +
CreateConnection U:connection_id,from_id,to_id ConnectionType:connection_type d:timestamp +
UpdateConnection U:connection_id s:changes_json u:version d:timestamp +
DeleteConnection U:connection_id d:timestamp +
SystemStateCheckpoint s:state_data_json d:timestamp +
SyncOperation CreateConcept?:create_concept UpdateConcept?:update_concept \
DeleteConcept?:delete_concept CreateConnection?:create_connection \
UpdateConnection?:update_connection DeleteConnection?:delete_connection \
SystemStateCheckpoint?:system_state_checkpoint
SyncEntry U:id SyncOperation:operation SyncStatus:status c:retry_count d:created_at \
d?:last_attempt s?:error_message SyncPriority:priority U*:dependencies +
SyncEntryBatch SyncEntry*:records
HeaderEnvelope y:header_digest,header_bytes
BatchSize s:collection u:boundary_bits,min_bytes,max_bytes
EmbeddingSpace s?:model u*:dimensions s?:dtype,metric
Loss s:collection U:first_id,last_id U?:records s?:member
Header u:format_major,format_minor s*:required_to_list,required_to_restore,\
required_to_rewrite,optional_features s:hash_name,writer_name,writer_version,zstd_version \
Metadata:metadata BatchSize*:batch_sizes EmbeddingSpace?:embedding_space y?:base_digest \
Loss*:losses + u?:zstd_level
IndexEntry s:member U:offset,stored_size,raw_size,records,first_id,last_id \
y:stored_digest,raw_digest
CollectionTotals s:collection U:batches,records,stored_size,raw_size
Index IndexEntry*:entries CollectionTotals*:totals
"""


class Field:
    def __init__(self, name, kind):
        self.name, self.kind = name, kind.rstrip("?*")
        self.optional, self.repeated = kind.endswith("?"), kind.endswith("*")
        self.packed = self.repeated and self.kind in "uUfd"
        number = self.kind in "uUcb" or self.kind in ENUMS
        self.wire = 0 if number else {"d": 1, "f": 5}.get(self.kind, 2)
        self.wire = 2 if self.packed else self.wire
        self.json = name == "extensions" and self.kind == "s" or name.endswith("_json")
        self.member = name[:-5] if name.endswith("_json") else name  # in JSON


def message_table(line):
    kind, *groups = line.replace(" +", " s?:extensions").split()
    pairs = (group.split(":") for group in groups)
    return kind, [Field(name, type_) for type_, names in pairs for name in names.split(",")]


MESSAGES = dict(map(message_table, MESSAGES.strip().split("\n")))
MAPS = "ParameterEntry", "MetadataChangeEntry"
# Messages that have no unknown fields (4, 8.1, 8.2).
CLOSED = {"HeaderEnvelope", "EmbeddingColumns", "VectorColumn", "EmbeddingExtension"}
CLOSED |= {kind for kind in MESSAGES if kind.endswith("Batch")}
# Records, batch messages and keys of the collections (8.1).
RECORDS = dict(zip(COLLECTIONS, "Concept Embedding Column Connection SystemState CachedQuery "
                   "SyncEntry".split()))
KEYS = dict(embeddings="concept_id", query_cache="query_hash", system_state=None)
# What `extensions` may not hold: the members that are known (rule 10 of 6; RECORDS, JSON).
KNOWN = {kind: {field.member for field in fields} - {"extensions"}
         for kind, fields in MESSAGES.items()}
KNOWN["Concept"] |= {"embeddings"}
KNOWN["EmbeddingExtension"] = KNOWN["Embeddings"]
KNOWN["Header"] = {"metadata", *COLLECTIONS} - {"embeddings"}  # those of the document


# -- 6 Canonical protobuf

def varint(data, at):
    value = shift = 0
    while True:
        need(at < len(data), "a varint passes the end of what holds it")
        need(shift < 70, "a varint of more than 10 bytes")
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            break
        shift += 7
    need(byte or not shift, "a varint that is not minimal")
    need(value < 1 << 64, "a varint over 64 bits")
    return value, at


def wire_fields(data):
    """(number, wire type, value, bytes) of every field, known or not: rules 2 to 4."""
    at = 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        need(0 < tag < 1 << 32 and number, "tag out of range")
        need(wire in (0, 1, 2, 5), f"wire type {wire}")
        if wire == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            need(size <= len(data) - at, "a field passes the end of what holds it")
            value, at = data[at:at + size], at + size
        yield number, wire, value, at - start


class JsonObject(list):
    """The members of a JSON object: pairs, so that a name may stand twice."""


def check_json(kind, field, text):
    """Rule 10, and the limits of 17 for JSON."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text, flags=re.S)
    need(not re.search(r"[ \t\n\r]", bare), "white space in JSON")
    levels = itertools.accumulate((c in "[{") - (c in "]}") for c in bare if c in "[]{}")
    need(max(levels, default=0) <= 64, "JSON deeper than 64 levels")
    need(max(map(len, re.findall(r"[-+.\w]+", bare)), default=0) <= 64, "a long JSON number")

    def refuse(name):
        raise ValueError(name)
    try:
        value = json.loads(text, object_pairs_hook=JsonObject, parse_constant=refuse,
                           parse_int=str, parse_float=str)
        json.dumps(value, ensure_ascii=False).encode()  # no lone surrogates
    except ValueError as error:
        raise Damaged(f"not JSON: {error}")
    if field.name == "extensions":
        need(isinstance(value, JsonObject) and value, "extensions: no object with members")
        names = [name for name, _ in value]
        need(len(names) == len(set(names)), "extensions: a name twice")
        need(not KNOWN[kind] & set(names), "extensions: the name of a known member")


def decode_value(kind, field, value, count):
    if field.kind in MESSAGES:
        return decode(field.kind, value, count)
    if field.kind in ENUMS:
        need(0 < value < len(ENUMS[field.kind]), "no value of the enum")
    elif field.kind in "ucb":
        need(value < {"u": 1 << 32, "c": 256, "b": 2}[field.kind], "number out of range")
    elif field.kind in "fd":
        return struct.unpack("<" + field.kind, value)[0]
    elif field.kind == "s":
        long = field.name == "content" or field.name.endswith("_json")
        need(len(value) <= (32 * MIB if long else 65536), "limit: a string too long")
        try:
            value = value.decode()
        except UnicodeDecodeError:
            raise Damaged("not UTF-8")
        if field.json:
            check_json(kind, field, value)
    return value


def decode_packed(field, value):
    need(value, "a packed field without values")
    if field.kind in "fd":
        size = struct.calcsize(field.kind)
        need(len(value) % size == 0, "packed floats of a broken length")
        return list(struct.unpack(f"<{len(value) // size}{field.kind}", value))
    at, values = 0, []
    while at < len(value):
        number, at = varint(value, at)
        need(field.kind == "U" or number < 1 << 32, "number out of range")
        values.append(number)
    return values


def check_repeated(kind, field, values):
    """The limits of 17, and rules 11 and 13."""
    if field.kind == "f":
        need(len(values) <= 65536, "limit: a vector too long")
    elif field.name == "tags":
        need(len(values) <= 4096, "limit: too many tags")
    elif kind not in CLOSED and kind != "Index":
        need(len(values) <= 1000000, "limit: too many links")
    if field.kind in MAPS:
        keys = [entry["key"].encode() for entry in values]
        need(all(a < b for a, b in zip(keys, keys[1:])), "map keys do not ascend")
    need(field.name != "cortex_size" or len(values) == 2, "not two values")


def decode(kind, data, count=None):
    """A message as a dict. It refuses every encoding but the canonical one."""
    table, message, last, unknown = MESSAGES[kind], {}, 0, []
    count = count or itertools.count(1)
    field = None
    try:
        for number, wire, value, size in wire_fields(data):
            need(next(count) <= 4000000, "limit: too many fields")
            need(number >= last, "fields do not ascend")
            field = table[number - 1] if number <= len(table) else None
            if not field:
                need(kind not in CLOSED, f"unknown field {number}")
                unknown.append(size)
                need(len(unknown) <= 1024 and sum(unknown) <= 65536, "limit: unknown fields")
            else:
                need(wire == field.wire, "wire type of another type")
                need(number > last or field.repeated and not field.packed, "a field twice")
                if field.packed:
                    message[field.name] = decode_packed(field, value)
                elif field.repeated:
                    value = decode_value(kind, field, value, count)
                    message.setdefault(field.name, []).append(value)
                else:
                    message[field.name] = decode_value(kind, field, value, count)
            last = number
        for field in table:
            if field.repeated:
                check_repeated(kind, field, message.setdefault(field.name, []))
            need(field.name in message or field.optional, "missing")
    except Damaged as damage:
        where = f"{kind}.{field.name}" if field else kind
        raise Damaged(f"{where}: {damage}")
    if kind == "SyncOperation":
        need(len(message) == 1, "SyncOperation: not exactly one field")
    if unknown:
        message[None] = len(unknown)
    return message


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
    need(size <= 64 * MIB or size // 1000 <= len(frame), "limit: ratio of the frame")
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


@functools.lru_cache(maxsize=64)
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


def may_follow(before, name):
    """Whether a member of this name may stand behind the one before."""
    a, b = place(before), place(name)
    if b[0] == 2 and a[0] == 2 and a[1] == b[1]:
        return b[2] == a[2] + 1 and COLLECTIONS[b[1]] != "system_state"
    if b[0] == 2:
        return a[0] in (1, 2) and a < b and b[2] == 0
    return b[0] == a[0] + 1 or (a[0], b[0]) == (1, 3)


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

    def take(self, size):
        data = self.file.read(size)
        self.offset += len(data)
        need(len(data) == size, "the file is cut")
        return data


class Member:
    def __init__(self, name, size, mtime, pax):
        self.name, self.size, self.mtime, self.pax = name, size, mtime, pax
        self.sound, self.records, self.first, self.last = False, 0, 0, 0

    def read_data(self, source):
        limit = {0: MIB, 3: 256 * MIB, 4: 256 * MIB, 5: BLOCK}.get(place(self.name)[0], 64 * MIB)
        need(self.size <= limit, "limit: size of the member")
        self.offset = source.offset
        self.data = source.take(self.size)
        self.digest = digest(self.data)
        need(not any(source.take(padding(self.size))), "padding is not zero")


class Reader:
    """Reads an archive front to back (14.2) and keeps account of its faults."""

    def __init__(self, file, report, level="records", keep=None):
        self.source, self.report, self.level, self.keep = Input(file), report, level, keep
        self.members, self.faults, self.name = [], 0, "CORTEXARC"
        self.last_ids, self.unknown, self.header = {}, 0, None

    def fault(self, complaint, name=None):
        self.faults += 1
        self.report(f"{name or self.name}: {complaint}")

    def run(self):
        """The exit code."""
        try:
            self.walk()
            self.end()
        except Damaged as damage:  # nothing behind it can be trusted to be where it is
            self.fault(damage)
        except Refused as refusal:
            self.report(f"{self.name}: {refusal}")
            return 3
        return 1 if self.faults else 0

    def walk(self):
        while not self.members or self.members[-1].name != "TRAILER":
            member = self.preamble()
            self.members.append(member)
            need(len(self.members) <= 1 << 20, "limit: too many members")
            member.read_data(self.source)
            try:
                need(member.pax in (None, member.digest.hex()), "digest of the data")
                self.content(member)
                member.sound = True
            except Damaged as damage:
                if member.name == "CORTEXARC":
                    raise
                self.fault(damage)

    def preamble(self):
        """Up to the data: 3.1 and 3.2, names and order by 2."""
        before, pax = self.members[-1].name if self.members else None, None
        block = self.source.take(BLOCK)
        if not before and block[:10] + block[257:263] != b"CORTEXARC\0ustar\0":
            raise Refused("not a .cxa archive")
        name = block[:100].split(b"\0")[0].decode("latin-1").replace("PaxHeader/", "", 1)
        self.name = name if place(name) else f"behind {before}"
        need(any(block), "zeros where a member has to be")
        need(place(name), f"no name of a member: {name!r}")
        mtime = mtime_of(self.header["metadata"]["created_at"]) if before else octal(block[136:148])
        if place(name)[0] in (1, 2, 3):
            need(block == ustar(pax_name(name), 105, mtime, b"x"), "pax header is not canonical")
            block = self.source.take(BLOCK)
            pax = block[40:104]
            need(re.fullmatch(b"[0-9a-f]{64}", pax) and block == pax_record(pax), "pax record")
            pax = pax.decode()
            block = self.source.take(BLOCK)
        size = octal(block[124:136])
        need(block == ustar(name, size, mtime, b"0"), "ustar header is not canonical")
        need(name == "CORTEXARC" if not before else may_follow(before, name),
             f"out of order behind {before}")
        return Member(name, size, mtime, pax)

    def content(self, member):
        kind = place(member.name)[0]
        if kind == 0:
            self.header = judge_header(member, self.level)
        elif kind == 2 and self.level != "list":
            self.batch(member)
        elif kind == 3:
            raw = decompress(member.data, 256 * MIB)
            self.check_index(decode("Index", raw))
        elif kind == 4:
            self.check_sums(member.data)
        elif kind == 5:
            self.check_trailer(member.data)
        if kind != 4:
            member.data = None

    def batch(self, member):
        collection = member.name.split("/")[0]
        raw = decompress(member.data, 64 * MIB)
        records = batch_records(collection, raw)
        member.raw_size, member.raw_digest = len(raw), digest(raw)
        member.records, member.first, member.last = len(records), records[0][0], records[-1][0]
        need(member.first > self.last_ids.get(collection, -1), "ids do not ascend over batches")
        self.last_ids[collection] = member.last
        need(collection != "system_state" or member.records == 1, "more than one record")
        if self.keep is not None:
            self.keep.setdefault(collection, []).extend(record for _, record in records)

    def batches(self):
        return [member for member in self.members if place(member.name)[0] == 2]

    def check_index(self, index):
        """Section 10, then what 13 says of INDEX."""
        entries, members = index["entries"], self.batches()
        before, totals = None, {name: [0, 0, 0, 0] for name in COLLECTIONS}
        for entry in entries:
            check_entry(entry, before)
            before = entry
            sums = totals[entry["member"].split("/")[0]]
            for i, number in enumerate((1, *(entry[k] for k in SUMMED))):
                sums[i] += number
        found = [[t["collection"], t["batches"], *(t[k] for k in SUMMED)] for t in index["totals"]]
        need(found == [[name, *sums] for name, sums in totals.items()], "totals")
        need([e["member"] for e in entries] == [m.name for m in members], "other batches than the tar")
        for entry, member in zip(entries, members):
            said = [entry["offset"], entry["stored_size"]]
            need(said == [member.offset, member.size], f"place of {member.name}")
            if member.sound:
                need(entry["stored_digest"] == member.digest, f"digest of {member.name}")
            if member.sound and self.level != "list":
                found = [member.raw_size, member.records, member.first, member.last,
                         member.raw_digest]
                said = [entry[k] for k in ("raw_size", "records", "first_id", "last_id",
                                           "raw_digest")]
                need(said == found, f"content of {member.name}")

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
            need(not member.sound or hexadecimal.decode() == member.digest.hex(),
                 f"digest of {member.name}")

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
        need(root == sums.digest, "root hash")

    def end(self):
        """3.5"""
        self.name = "TRAILER"
        need(not any(self.source.take(2 * BLOCK)), "no two blocks of zeros at the end")
        rest = self.source.file.read(MIB + 1)
        need(len(rest) <= MIB and not any(rest), "something behind the end")
        if rest:
            self.report(f"remark: {len(rest)} zeros behind the end")


SUMMED = "records", "stored_size", "raw_size"


def check_entry(entry, before):
    """An IndexEntry by itself and behind the one before (10)."""
    name = entry["member"]
    need((place(name) or [0])[0] == 2, f"no name of a batch: {name!r}")
    need(may_follow(before["member"] if before else "schema.pb", name), f"{name}: order")
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
    support(not versions or versions[-1] <= 2, f"data_version {versions}")
    names = plain(raw, 7, 2)[-1:]
    support(names in ([], [b"BLAKE2b-256"]), f"hash {names}")

    header = decode("Header", raw)
    need(header["metadata"]["data_version"], "data_version is 0")
    for size in header["batch_sizes"]:
        need(size["min_bytes"] <= size["max_bytes"] and size["boundary_bits"] <= 63, "batch_sizes")
    need("base_digest" not in header, "base_digest")
    need(all(loss["first_id"] <= loss["last_id"] for loss in header["losses"]), "losses")
    need(member.mtime == mtime_of(header["metadata"]["created_at"]), "mtime")
    return header


# -- RECORDS, JSON

def number_text(x, kind):
    """Shortest digits that read back to the same float or double. It takes the nearest
    number of n digits; where that reads back to another and one further off does not (next
    to some powers of two), it writes a digit more than RECORDS asks for."""
    if not math.isfinite(x):
        return "null"
    sign = "-" if math.copysign(1, x) < 0 else ""
    if x == 0:
        return sign + "0.0"
    for n in range(17):
        text = f"{abs(x):.{n}e}"
        if struct.pack(kind, float(text)) == struct.pack(kind, abs(x)):
            break
    digits, e = text.replace(".", "").split("e")
    e, (low, high) = int(e), {"f": (-6, 12), "d": (-5, 15)}[kind]
    if not low <= e <= high:
        return f"{sign}{digits[0]}{'.' * (len(digits) > 1)}{digits[1:]}e{e}"
    if e < 0:
        return f"{sign}0.{'0' * (-e - 1)}{digits}"
    digits = digits.ljust(e + 1, "0")
    return f"{sign}{digits[:e + 1]}.{digits[e + 1:] or '0'}"


def string_text(text):
    escapes = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f",
               "\r": "\\r"}
    return '"%s"' % re.sub('[\0-\x1f"\\\\]',
                           lambda c: escapes.get(c[0], f"\\u{ord(c[0]):04x}"), text)


def value_text(field, value):
    if value is None:
        return "null"
    if field.json:
        return value
    if field.kind in MESSAGES:
        return message_text(field.kind, value)
    if field.kind in ENUMS:
        return string_text(ENUMS[field.kind][value])
    if field.kind in "fd":
        return number_text(value, field.kind)
    if field.kind == "b":
        return "true" if value else "false"
    return string_text(value) if field.kind == "s" else str(value)


def message_text(kind, message, embeddings=None):
    """The JSON form of a message; a Concept gets its embeddings, or null."""
    members = []
    for field in MESSAGES[kind]:
        value = message.get(field.name)
        if kind == "SyncOperation":
            if value is None:
                continue
            text = f"{string_text(field.kind)}:{value_text(field, value)}"
        elif field.name == "extensions":
            if value is None:
                continue
            text = value[1:-1]
        else:
            text = value_text(field, value) if not field.repeated else "[%s]" % ",".join(
                value_text(field, one) for one in value)
            if field.kind in MAPS:
                second = MESSAGES[field.kind][1]
                text = "{%s}" % ",".join(f"{string_text(entry['key'])}:"
                                         f"{value_text(second, entry[second.name])}"
                                         for entry in value)
            text = f"{string_text(field.member)}:{text}"
        members.append(text)
        if kind == "Concept" and field.name == "metadata":
            members.append('"embeddings":' + (message_text("Embeddings", embeddings)
                                              if embeddings else "null"))
    return "{%s}" % ",".join(members)


def json_lines(kept, wanted):
    """Concepts with their embeddings; embeddings by themselves only where asked for."""
    vectors = {row["concept_id"]: row["embeddings"] for row in kept.get("embeddings", [])}
    for collection in [wanted] if wanted else COLLECTIONS:
        if collection == "embeddings" and not wanted:
            continue
        for record in kept.get(collection, []):
            yield message_text(RECORDS[collection], record, vectors.get(record.get("id")))


# -- The commands

def say(line):
    print(line, file=sys.stderr)


def main(command, path="-", wanted=None):
    if command not in ("verify", "list", "cat") or wanted not in (None, *COLLECTIONS):
        return say(__doc__) or 2
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="\n")
    kept = {} if command == "cat" else None
    with open(0 if path == "-" else path, "rb") as file:
        reader = Reader(file, print if command == "verify" else say,
                        "list" if command == "list" else "records", kept)
        code = reader.run()
    if command == "list":
        for member in reader.members:
            if hasattr(member, "digest"):
                print(member.offset, member.size, member.digest.hex(), member.name)
    if command == "cat" and not code:  # before the end, nothing is certain (14.2)
        for line in json_lines(kept, wanted):
            print(line)
    return code


if __name__ == "__main__":
    if not 2 < len(sys.argv) < 5:
        sys.exit(say(__doc__) or 2)
    sys.exit(main(*sys.argv[1:]))
