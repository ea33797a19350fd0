"""The messages of RECORDS.md, their canonical encoding (section 6 of FORMAT.md) and their
JSON form. Part of reader.py: written from the specification alone."""

import itertools
import json
import math
import re
import struct

COLLECTIONS = ("concepts embeddings columns connections system_state query_cache "
               "sync_queue").split()
MIB = 1 << 20


class Damaged(Exception):
    """Not what a writer of a known version makes, or over a limit (1, 17)."""


def need(condition, complaint):
    if not condition:
        raise Damaged(complaint)


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
# Repeated fields that the limit of links does not bind (17).
UNBOUND = ("records", "entries", "batch_sizes", "losses", "lengths", "concept_ids",
           "last_computed")
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
    """(number, wire type, value, bytes) of every field, known or not: rules 3 and 4."""
    at = 0
    while at < len(data):
        start = at
        tag, at = varint(data, at)
        number, wire = tag >> 3, tag & 7
        need(wire in (0, 1, 2, 5), f"wire type {wire}")
        if wire == 0:
            value, at = varint(data, at)
        else:
            size, at = varint(data, at) if wire == 2 else ({1: 8, 5: 4}[wire], at)
            need(size <= len(data) - at, "a field passes the end of what holds it")
            value, at = data[at:at + size], at + size
        yield number, wire, value, at - start


SPACE = re.compile(r"[ \t\n\r]*")
JSON_TOKEN = re.compile(
    r'"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*"'
    r"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|[][{},:]")


def minify(text):
    """Without the white space that rule 10 lets pass; strings as they are."""
    return re.sub(r'("(?:[^"\\]|\\.)*")|[ \t\n\r]+', lambda found: found[1] or "", text)


def check_json(kind, field, text):
    """Rule 10. It keeps a stack, since 65,536 levels are legal."""
    opened, members, due, at = [], None, "value", 0  # of arrays: None; of objects: the names
    text = text.strip(" \t\n\r")
    while at < len(text) or due != "end":
        match = JSON_TOKEN.match(text, SPACE.match(text, at).end())
        need(match, "not JSON")
        token, at = match[0], match.end()
        string = json.loads(token) if token[0] == '"' else None
        need(not re.search("[\ud800-\udfff]", string or ""), "half a surrogate pair")
        if due in ("name", "name }") and string is not None:
            need(len(token.encode()) - 2 <= 65536, "limit: name of a JSON member")
            need(string not in opened[-1], "JSON: a name twice")
            opened[-1].add(string)
            due = ":"
        elif token == ":":
            need(due == token, "not JSON")
            due = "value"
        elif token == ",":
            need(due == token, "not JSON")
            due = "value" if opened[-1] is None else "name"
        elif token in "]}":
            need(due == "," or due.endswith(token), "not JSON")
            members = opened.pop()
            need((members is None) == (token == "]"), "not JSON")
            due = "," if opened else "end"
        else:
            need(due in ("value", "value ]"), "not JSON")
            if token in "[{":
                opened.append(None if token == "[" else set())
            due = {"[": "value ]", "{": "name }"}.get(token, "," if opened else "end")
        need(len(opened) <= 65536, "JSON too deep")
    if field.name == "extensions":
        need(text[0] == "{", "no object")
        need(not KNOWN[kind] & members, "has the name of a known member")


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
            value = minify(value)
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


def check_repeated(field, values):
    """The limits of 17, and rules 11 and 13."""
    if field.kind == "f":
        need(len(values) <= 65536, "limit: a vector too long")
    elif field.name == "tags":
        need(len(values) <= 4096, "limit: too many tags")
    elif field.name not in UNBOUND:
        need(len(values) <= 1000000, "limit: too many links")
    if field.kind in MAPS:
        keys = [entry["key"].encode() for entry in values]
        need(all(a < b for a, b in zip(keys, keys[1:])), "map keys do not ascend")
    need(field.name != "cortex_size" or len(values) == 2, "not two values")


def decode(kind, data, count=None):
    """A message as a dict. It refuses every encoding but the canonical one."""
    table, message, last, unknown = MESSAGES[kind], {}, 0, []
    inner = count or itertools.count(1)  # of all messages below, but of this one
    field = None
    try:
        for number, wire, value, size in wire_fields(data):
            need(not count or next(count) <= 4000000, "limit: too many fields")
            need(0 < number < 1 << 29, "field number out of range")
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
                    value = decode_value(kind, field, value, inner)
                    message.setdefault(field.name, []).append(value)
                else:
                    message[field.name] = decode_value(kind, field, value, inner)
            last = number
        for field in table:
            if field.repeated:
                check_repeated(field, message.setdefault(field.name, []))
            need(field.name in message or field.optional, "missing")
    except Damaged as damage:
        where = f"{kind}.{field.name}" if field else kind
        raise Damaged(f"{where}: {damage}")
    if kind == "SyncOperation":
        need(len(message) == 1, "SyncOperation: not exactly one field")
    if unknown:
        message[None] = len(unknown)
    return message


# -- RECORDS, JSON

def rounded(text, kind):
    try:
        return struct.unpack(kind, struct.pack(kind, float(text)))[0]
    except OverflowError:
        return math.inf


def shortest(x, kind):
    """(digits, exponent) of the shortest decimal number that reads back to x > 0."""
    for n in range(17):
        digits, e = f"{x:.{n}e}".split("e")
        digits, e = int(digits.replace(".", "")), int(e) - n
        for near in digits, digits + 1:  # at a power of two, the second may do alone
            if rounded(f"{near}e{e}", kind) == x:
                return str(near).rstrip("0"), e + len(str(near)) - 1


def number_text(x, kind):
    """A float or double, as the table has it."""
    if not math.isfinite(x):
        return "null"
    sign = "-" if math.copysign(1, x) < 0 else ""
    if x == 0:
        return sign + "0.0"
    digits, e = shortest(abs(x), kind)
    low, high = {"f": (-6, 12), "d": (-5, 15)}[kind]
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
            if value in (None, "{}"):
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
