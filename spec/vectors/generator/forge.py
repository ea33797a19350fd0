"""forge.py - .cxa archives from their parts, right or wrong in any of them

Written against the specification alone, sharing nothing with the library, so
that the two check each other. An Archive is built in stages (batches, members,
INDEX, B2SUMS, TRAILER, bytes); a vector changes one stage, and all later ones
are made from what it left, digests mended.
"""
import hashlib
import struct

COLLECTIONS = ('concepts', 'embeddings', 'columns', 'connections',
               'system_state', 'query_cache', 'sync_queue')
BLOCK = 512
CREATED = 1700000000123.0
LAST = 1 << 64

# --- protobuf, proto2, canonical encoding ---------------------------------

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def tag(number, wire_type):
    return varint(number << 3 | wire_type)


def u(number, value):
    return tag(number, VARINT) + varint(value)


def b(number, value):
    if isinstance(value, str):
        value = value.encode()
    return tag(number, BYTES) + varint(len(value)) + value


def f32(number, value):
    bits = value if isinstance(value, bytes) else struct.pack('<f', value)
    return tag(number, FIXED32) + bits


def f64(number, value):
    bits = value if isinstance(value, bytes) else struct.pack('<d', value)
    return tag(number, FIXED64) + bits


def packed(number, values):
    return b(number, b''.join(map(varint, values))) if values else b''


def floats(values):
    return b''.join(v if isinstance(v, bytes) else struct.pack('<f', v)
                    for v in values)


def merge(parts, changes):
    """Fields by number, in order; a change of None leaves one out."""
    parts = {**parts, **changes}
    return b''.join(parts[number] for number in sorted(parts)
                    if parts[number] is not None)


# --- records: the keyword n7=... replaces field 7, given with its tag -----

def changes(fields):
    return {int(name[1:]): value for name, value in fields.items()}


def source(**fields):
    return merge({1: b(1, 'import'), 2: f64(2, CREATED), 3: b(3, 's-1')},
                 changes(fields))


def link(target, **fields):
    return merge({1: u(1, target), 2: u(2, 1), 3: f32(3, 0.5),
                  4: f64(4, CREATED)}, changes(fields))


def concept_metadata(**fields):
    return merge({1: f32(1, 0.25), 2: b(2, 'fact'), 3: b(3, source()),
                  4: b(4, 'a') + b(4, 'b'), 5: u(5, 3), 6: f32(6, 0.75)},
                 changes(fields))


def concept(id, **fields):
    return merge({1: u(1, id), 2: b(2, 'hello'),
                  3: u(3, 16156531084128653017), 4: u(4, 1),
                  5: f64(5, CREATED), 6: f64(6, CREATED), 7: u(7, 2),
                  8: b(8, concept_metadata()), 9: u(9, 1)}, changes(fields))


def column(id, **fields):
    state = b''.join(f32(i, i / 8) for i in range(1, 7))
    position = u(1, 1) + u(2, 2) + u(3, 3) + b(4, 'PFC')
    metrics = b''.join(f32(i, i / 8) for i in range(1, 6))
    return merge({1: u(1, id), 2: u(2, 1), 3: b(3, state), 4: b(4, position),
                  5: b(5, b(1, synapse(id))), 6: b(6, metrics),
                  7: f64(7, CREATED), 8: u(8, 1)}, changes(fields))


def synapse(target, **fields):
    return merge({1: u(1, target), 2: f32(2, 0.5), 3: f32(3, 1.5),
                  4: f32(4, 0.25), 5: u(5, 2), 6: f64(6, CREATED)},
                 changes(fields))


def connection(id, **fields):
    return merge({1: u(1, id), 2: u(2, 1), 3: u(3, 2), 4: u(4, 5),
                  5: f32(5, 0.5), 6: f64(6, CREATED), 7: u(7, 1)},
                 changes(fields))


def configuration(**fields):
    neural = b''.join(f32(i, i / 8) for i in range(1, 7))
    return merge({1: packed(1, [4, 2]), 2: u(2, 8), 3: u(3, 100), 4: u(4, 64),
                  5: u(5, 1), 6: b(6, neural)}, changes(fields))


def system_state(**fields):
    cortical = (u(1, 8) + u(2, 1) + u(3, 1) + u(4, 1) + f32(5, 0.5) +
                f32(6, 0.5) + f32(7, 0.5) + u(8, LAST - 1))
    statistics = (u(1, 1 << 40) + u(2, 9) + u(3, 4) + u(4, 5) + f64(5, 1.5) +
                  f64(6, 2.5) + f64(7, 3.5) + f64(8, CREATED))
    return merge({1: b(1, 'main'), 2: b(2, cortical),
                  3: b(3, configuration()), 4: b(4, statistics),
                  5: f64(5, CREATED), 6: f64(6, CREATED), 7: u(7, 1)},
                 changes(fields))


def query_metadata(parameters=(('k', 1.0),), **fields):
    entries = b''.join(b(4, b(1, key) + f32(2, value))
                       for key, value in parameters)
    return merge({1: b(1, ''), 2: b(2, 's-1'), 3: u(3, 3), 4: entries},
                 changes(fields))


def query(hash, **fields):
    match = u(1, 1) + f32(2, 0.5) + f32(3, 0.5) + u(4, 2) + f32(5, 0.0)
    activation = u(1, 1) + f32(2, 0.5) + f32(3, 1.0) + f32(4, 0.0)
    path = packed(1, [1, 2]) + b(2, floats([0.5, 1.0])) + f32(3, 1.0) + \
        f32(4, 2.0)
    results = (b(1, match) + b(2, activation) + b(3, path) + f32(4, 0.5) +
               u(5, 1) + u(6, 0))
    performance = (f64(1, 1.5) + f64(2, 2.5) + f32(3, 0.5) + u(4, 7) +
                   f32(5, 0.5))
    return merge({1: u(1, hash), 2: b(2, 'hello'), 3: u(3, 1),
                  4: b(4, results), 5: b(5, query_metadata()),
                  6: b(6, performance), 7: f64(7, CREATED),
                  8: f64(8, CREATED), 9: f64(9, CREATED + 1e6), 10: u(10, 1)},
                 changes(fields))


DELETE_CONCEPT = b(3, u(1, 1) + f64(2, CREATED))


def sync(id, operation=DELETE_CONCEPT, **fields):
    return merge({1: u(1, id), 2: b(2, operation), 3: u(3, 1), 4: u(4, 0),
                  5: f64(5, CREATED), 8: u(8, 2)}, changes(fields))


def planes(values):
    """Byte planes: all least significant bytes, then the next, to the sign."""
    data = floats(values)
    return b''.join(data[plane::4] for plane in range(4))


def vector_column(rows, **fields):
    every = [value for row in rows for value in row]
    return merge({1: packed(1, [len(row) for row in rows]),
                  2: b(2, planes(every)) if every else None}, changes(fields))


def embedding_columns(ids, semantic=None, neural=None, context=None, **fields):
    rows = [[0.5, -0.25, 0.125]] * len(ids)
    return merge({1: packed(1, ids),
                  2: b(2, struct.pack('<%dd' % len(ids),
                                      *[CREATED] * len(ids))),
                  3: b(3, vector_column(semantic or rows)),
                  4: b(4, vector_column(neural or rows)),
                  5: b(5, vector_column(context or rows))}, changes(fields))


def embeddings(ids, **arguments):
    """A batch: its one set of columns."""
    return b(1, embedding_columns(ids, **arguments))


# --- zstd frames by hand: RFC 8878 ----------------------------------------

MASK = LAST - 1
PRIMES = (11400714785074694791, 14029467366897019727, 1609587929392839161,
          9650029242287828579, 2870177450012600261)


def rotate(value, count):
    return (value << count | value >> (64 - count)) & MASK


def xxh64(data):
    """The checksum of a frame's content, with seed 0."""
    p1, p2, p3, p4, p5 = PRIMES
    at = 0

    def mix(lane, word):
        return rotate((lane + word * p2) & MASK, 31) * p1 & MASK
    if len(data) >= 32:
        lanes = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
        while at + 32 <= len(data):
            words = struct.unpack_from('<4Q', data, at)
            lanes = [mix(lane, word) for lane, word in zip(lanes, words)]
            at += 32
        total = sum(rotate(lane, count) for lane, count in
                    zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            total = ((total ^ mix(0, lane)) * p1 + p4) & MASK
    else:
        total = p5
    total = total + len(data) & MASK
    while at + 8 <= len(data):
        total ^= mix(0, struct.unpack_from('<Q', data, at)[0])
        total = (rotate(total, 27) * p1 + p4) & MASK
        at += 8
    if at + 4 <= len(data):
        total ^= struct.unpack_from('<I', data, at)[0] * p1 & MASK
        total = (rotate(total, 23) * p2 + p3) & MASK
        at += 4
    for byte in data[at:]:
        total = rotate(total ^ byte * p5 & MASK, 11) * p1 & MASK
    total = (total ^ total >> 33) * p2 & MASK
    total = (total ^ total >> 29) * p3 & MASK
    return total ^ total >> 32


MAGIC = b'\x28\xb5\x2f\xfd'
RAW, RLE = 0, 1


def block(kind, data, is_last, size=None):
    size = len(data) if size is None else size
    return struct.pack('<I', is_last | kind << 1 | size << 3)[:3] + data


def raw_blocks(data):
    pieces = [data[i:i + (1 << 17)] for i in range(0, len(data), 1 << 17)]
    return b''.join(block(RAW, piece, i == len(pieces) - 1)
                    for i, piece in enumerate(pieces or [b'']))


def frame(data, descriptor=0xa4, size=None, blocks=None, checksum=None,
          window=b'', dictionary=b''):
    """One frame of raw blocks; by default a single segment with its content
    size in four bytes, and a checksum."""
    size = len(data) if size is None else size
    width = {0x00: '', 0x40: '<H', 0x80: '<I', 0xc0: '<Q'}[descriptor & 0xc0]
    if width == '' and descriptor & 0x20:
        width = '<B'
    told = struct.pack(width, size - 256 if width == '<H' else size) \
        if width else b''
    if checksum is None:
        checksum = struct.pack('<Q', xxh64(data))[:4] \
            if descriptor & 4 else b''
    return (MAGIC + bytes([descriptor]) + window + dictionary + told +
            (raw_blocks(data) if blocks is None else blocks) + checksum)


# --- tar ------------------------------------------------------------------

def digest(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def octal(value, width):
    return b'%0*o ' % (width - 1, value)


def checksummed(head):
    head = head[:148] + b' ' * 8 + head[156:]
    return head[:148] + b'%06o\0 ' % sum(head) + head[156:]


def header_block(name, size, mtime, kind=b'0', **changed):
    """A ustar header. Of the fields, any may be given as its bytes."""
    name = name.encode() if isinstance(name, str) else name
    size, mtime = (octal(value, 12) if isinstance(value, int) else value
                   for value in (size, mtime))
    fields = [('name', name, 100), ('mode', b'000644 ', 8),
              ('uid', b'000000 ', 8), ('gid', b'000000 ', 8),
              ('size', size, 12), ('mtime', mtime, 12),
              ('checksum', b'', 8), ('kind', kind, 1), ('link', b'', 100),
              ('magic', b'ustar\0' b'00', 8), ('uname', b'', 32),
              ('gname', b'', 32), ('major', b'000000 ', 8),
              ('minor', b'000000 ', 8), ('prefix', b'', 155), ('end', b'', 12)]
    head = b''.join(changed.get(key, value).ljust(width, b'\0')
                    for key, value, width in fields)
    head = checksummed(head)
    if 'checksum' in changed:
        head = head[:148] + changed['checksum'] + head[156:]
    assert len(head) == BLOCK
    return head


def pad(data):
    return data + bytes(-len(data) % BLOCK)


def pax_name(name):
    folder, slash, last = name.rpartition('/')
    return folder + slash + 'PaxHeader/' + last


def pax_record(data):
    return (b'105 SCHILY.xattr.user.cortexarc.blake2b=' +
            digest(data).hex().encode() + b'\n')


class Member:
    """Its bytes, and its blocks where a vector gives others."""

    def __init__(self, name, data, has_pax=True):
        self.name, self.data, self.has_pax = name, data, has_pax
        self.pax = None      # the pax header's content
        self.pax_head = {}   # fields of the pax member's header
        self.head = {}       # fields of the file's header
        self.before = b''    # blocks in front of all
        self.padding = None
        self.mtime = None

    def blocks(self, mtime):
        mtime = mtime if self.mtime is None else self.mtime
        out = self.before
        if self.has_pax:
            pax = pax_record(self.data) if self.pax is None else self.pax
            fields = dict(name=pax_name(self.name), size=len(pax),
                          mtime=mtime, kind=b'x')
            out += header_block(**{**fields, **self.pax_head}) + pad(pax)
        fields = dict(name=self.name, size=len(self.data), mtime=mtime)
        out += header_block(**{**fields, **self.head}) + self.data
        padding = bytes(-len(self.data) % BLOCK) if self.padding is None \
            else self.padding
        return out + padding


# --- the archive ----------------------------------------------------------

def metadata(**fields):
    return merge({1: b(1, 'backup_1700000000123_0'), 2: f64(2, CREATED),
                  3: b(3, '1.0.0'), 4: u(4, 1), 5: u(5, 0), 6: u(6, 0),
                  7: u(7, 0), 8: u(8, 1), 9: b(9, ''), 10: u(10, 0),
                  11: b(11, 'a vector')}, changes(fields))


def header(**fields):
    return merge({1: u(1, 1), 2: u(2, 0), 7: b(7, 'BLAKE2b-256'),
                  8: b(8, 'vectors'), 9: b(9, '1'), 10: b(10, '1.5.4'),
                  11: b(11, metadata())}, changes(fields))


def envelope(head):
    return b(1, digest(head)) + b(2, head)


def sums_line(name, data):
    return digest(data).hex().encode() + b'  ' + name.encode() + b'\n'


class Entry:
    """One batch's entry of INDEX."""

    def __init__(self, batch, offset):
        self.member, self.offset = batch.name, offset
        self.stored_size, self.raw_size = len(batch.data), len(batch.raw)
        self.records = batch.records
        self.first_id, self.last_id = batch.ids
        self.stored_digest, self.raw_digest = digest(batch.data), \
            digest(batch.raw)
        self.more = b''

    def encode(self):
        return (b(1, self.member) + u(2, self.offset) +
                u(3, self.stored_size) + u(4, self.raw_size) +
                u(5, self.records) + u(6, self.first_id) +
                u(7, self.last_id) + b(8, self.stored_digest) +
                b(9, self.raw_digest) + self.more)


class Batch(Member):
    def __init__(self, collection, number, raw, ids, records, stored):
        super().__init__('%s/%08d.pb.zst' % (collection, number), stored)
        self.collection, self.raw = collection, raw
        self.ids, self.records = ids, records


class Archive:
    """What is not given is right. The hooks edit_* change a stage in place
    (lists) or return it anew (bytes)."""

    def __init__(self, head=None, mtime=None, schema=None):
        self.head = header() if head is None else head
        self.envelope = None
        self.mtime = int(CREATED // 1000) if mtime is None else mtime
        self.schema = b(1, b(1, 'records.proto')) if schema is None else schema
        self.batches = []
        self.edit_members = self.edit_index = self.edit_tail = None
        self.edit_totals = None
        self.raw_index = lambda raw: raw
        self.index_frame = frame
        self.sums = lambda text: text
        self.trailer = lambda data: data
        self.bytes = lambda data: data

    def add(self, collection, records, ids=None, count=None, raw=None,
            stored=None, number=None):
        """A batch of @records, each with its id: [(1, bytes), ...]; or of
        embeddings with those ids: [1, 2]."""
        if raw is None and collection == 'embeddings':
            raw = embeddings(records)
        if collection == 'embeddings':
            records = [(id, b'') for id in records]
        if raw is None:
            raw = b''.join(b(1, record) for _, record in records)
        if ids is None:
            ids = (records[0][0], records[-1][0])
        if number is None:
            number = sum(x.collection == collection for x in self.batches)
        self.batches.append(Batch(
            collection, number, raw, ids,
            len(records) if count is None else count,
            frame(raw) if stored is None else stored))
        return self

    def totals(self, entries):
        out = []
        for name in COLLECTIONS:
            own = [e for e in entries if e.member.startswith(name + '/')]
            out.append(b(1, name) + u(2, len(own)) +
                       u(3, sum(e.records for e in own)) +
                       u(4, sum(e.stored_size for e in own)) +
                       u(5, sum(e.raw_size for e in own)))
        return out

    def index(self, offsets):
        entries = [Entry(batch, offsets[batch]) for batch in self.batches]
        if self.edit_index is not None:
            self.edit_index(entries)
        totals = self.totals(entries)
        if self.edit_totals is not None:
            totals = self.edit_totals(entries, totals)
        raw = b''.join(b(1, entry.encode()) for entry in entries) + \
            b''.join(b(2, total) for total in totals)
        return self.index_frame(self.raw_index(raw))

    def build(self):
        members = [Member('CORTEXARC', self.envelope or envelope(self.head),
                          False),
                   Member('schema.pb', self.schema)] + self.batches
        # Where data stands is of the members as they should be.
        offsets, at = {}, 0
        for member in members:
            blocks = member.blocks(self.mtime)
            at += len(member.before)
            offsets[member] = at + (1536 if member.has_pax else BLOCK)
            at += len(blocks) - len(member.before)
        index = Member('INDEX.pb.zst', self.index(offsets))
        named = members + [index]
        sums = Member('B2SUMS', self.sums(b''.join(
            sums_line(member.name, member.data) for member in named)), False)
        index_at = at + 1536
        sums_at = index_at + len(pad(index.data)) + BLOCK
        trailer = (b'CORTEXARC-END\r\n\0' + struct.pack(
            '<IIQQQQ', 1, 0, index_at, len(index.data), sums_at,
            len(sums.data)) + digest(index.data) + digest(sums.data))
        trailer = self.trailer(trailer.ljust(480, b'\0'))
        if len(trailer) == 480:
            trailer += digest(trailer)
        tail = [index, sums, Member('TRAILER', trailer, False)]
        members += tail
        if self.edit_members is not None:
            members = self.edit_members(members)
        data = b''.join(member.blocks(self.mtime) for member in members)
        return self.bytes(data + bytes(2 * BLOCK))
