"""bombs.py - inputs that are cheap to make and meant to be dear to read

A bomb is a function that writes one to a path. Archives are made by the forge of
spec/vectors, around a batch, a member or a file that lies.
"""
import base64
import os
import random
import sqlite3
import struct
import subprocess
import sys

TOP = os.environ.get('CXA_SRCDIR') or os.path.dirname(os.path.dirname(
    os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, 'spec/vectors/generator'))
from forge import (  # noqa: E402
    BLOCK, RLE, Archive, Batch, Member, b, block, column, concept,
    concept_metadata, connection, embedding_columns, frame, header, header_block,
    pad, pax_name, pax_record, query, query_metadata, synapse, tag, u, varint,
    vector_column)

MIB = 1 << 20
BOMBS = []


class Bomb:
    """@kind: archive, json or store; @fine: it may also be well; @slow: not for
    make check; @piped: also through a pipe, where who sends bytes pays for each;
    @large: it is much, and may take its time, but no more memory than others"""

    def __init__(self, name, make, kind='archive', fine=False, slow=False,
                 piped=True, large=False):
        self.name, self.make, self.kind = name, make, kind
        self.fine, self.slow, self.piped = fine, slow, piped
        self.large = large


def bomb(name, *more, **how):
    def keep(make):
        BOMBS.append(Bomb(name, make, *more, **how))
        return make
    return keep


def zstd(data):
    """One frame with a checksum and its size, which must be known to have it."""
    return subprocess.run(
        ['zstd', '-q', '-1', '-c', '--check', '--stream-size=%d' % len(data)],
        input=data, stdout=subprocess.PIPE, check=True).stdout


def write(path, archive):
    with open(path, 'wb') as file:
        file.write(archive.build())


def batch(collection, raw, stored=None, ids=(1, 1), count=1):
    """An archive with this batch, and one whose frame says what it holds."""
    return Archive().add(collection, [(ids[0], b'')], raw=raw, ids=ids,
                         count=count,
                         stored=zstd(raw) if stored is None else stored)


def one(collection, record):
    return batch(collection, b(1, record))


# --- frames ------------------------------------------------------------------

LARGE = 64 * MIB  # the limit of a batch


@bomb('a batch of 64 MiB of zeros')
def _(path):
    write(path, batch('concepts', bytes(LARGE)))


def repeated(size, **how):
    """A frame of blocks that repeat a zero, @size in all, within the window."""
    blocks = block(RLE, b'\0', False, MIB // 8) * (size * 8 // MIB - 1)
    return frame(b'', 0xc4, how.get('said', size),
                 blocks + block(RLE, b'\0', True, MIB // 8), zeros_sum(size),
                 window=bytes([13 << 3]))


def zeros_sum(size):
    return zstd(bytes(size))[-4:] if size <= LARGE else b'....'


@bomb('a batch of 2 GiB of zeros')
def _(path):
    write(path, batch('concepts', bytes(16), repeated(32 * LARGE)))


@bomb('a batch of 2 GiB of zeros that says 64 MiB')
def _(path):
    write(path, batch('concepts', bytes(16), repeated(32 * LARGE, said=LARGE)))


@bomb('blocks that repeat a byte')
def _(path):
    write(path, batch('concepts', bytes(LARGE), repeated(LARGE)))


@bomb('twenty million empty blocks')
def _(path):
    blocks = block(0, b'', False) * 20_000_000 + block(0, b'x', True)
    write(path, batch('concepts', b'x', frame(b'x', blocks=blocks)))


@bomb('millions of skippable frames')
def _(path):
    skippable = b'\x50\x2a\x4d\x18' + bytes(4)
    write(path, batch('concepts', b'x', skippable * 8_000_000 + frame(b'x')))


@bomb('millions of empty frames', slow=True)
def _(path):
    write(path, batch('concepts', b'x', frame(b'') * 4_000_000))


@bomb('a frame that says 64 MiB and holds a byte')
def _(path):
    write(path, batch('concepts', b'x', frame(
        b'x', 0xc4, LARGE, window=bytes([13 << 3]))))


@bomb('a window of 64 MiB')
def _(path):
    write(path, batch('concepts', b'x', frame(b'x', size=LARGE)))


@bomb('a frame that says a byte and holds 64 MiB')
def _(path):
    blocks = block(RLE, b'\0', False, MIB // 8) * 512 + block(0, b'', True)
    write(path, batch('concepts', b'x', frame(b'x', blocks=blocks)))


# --- what is sound, and large ------------------------------------------------

def texts(path, batches, text):
    """So many batches of two records of 30 MiB, each the largest there may be."""
    archive = Archive()
    for i in range(batches):
        raw = b''.join(b(1, concept(2 * i + j, n2=b(2, text(2 * i + j))))
                       for j in (1, 2))
        archive.add('concepts', [(2 * i + 1, b''), (2 * i + 2, b'')], raw=raw,
                    stored=zstd(raw))
    write(path, archive)


@bomb('four batches of 60 MiB that do not compress', fine=True, slow=True,
      large=True)
def _(path):
    texts(path, 4, lambda i: base64.b64encode(
        random.Random(i).randbytes(30 * MIB * 3 // 4)))


@bomb('four batches of 60 MiB that are six times as long in JSON', fine=True,
      slow=True, large=True)
def _(path):
    texts(path, 4, lambda i: bytes([i]) * (30 * MIB))


# --- protobuf ----------------------------------------------------------------

@bomb('4 million empty records')
def _(path):
    write(path, batch('concepts', b(1, b'') * 4_000_000))


@bomb('3.9 million empty submessages')
def _(path):
    write(path, one('columns', column(1, n5=b(5, b(1, b'') * 3_900_000))))


@bomb('half a million synapses')
def _(path):
    write(path, one('columns', column(1, n5=b(5, b(1, synapse(1)) * 500_000))))


@bomb('a submessage two million times over')
def _(path):
    write(path, one('concepts', concept(1, n8=b(8, b'') * 2_000_000)))


@bomb('a concept of a million links', fine=True, slow=True)
def _(path):
    value = u(1, 2) + u(2, 1) + b'\x1d\0\0\0\x3f' + b'\x21' + bytes(8)
    write(path, one('concepts', concept(1, n8=b(8, concept_metadata(
        n7=b(7, value) * 1_000_000)))))


@bomb('2 million unknown fields')
def _(path):
    write(path, one('concepts', concept(1) + u(1000, 1) * 2_000_000))


@bomb('unknown fields of 60 MiB', slow=True)
def _(path):
    write(path, one('concepts', concept(1) + b(1000, bytes(60 * MIB))))


@bomb('a header of 2 million unknown fields')
def _(path):
    write(path, Archive(header() + u(1000, 1) * 2_000_000))


@bomb('varints without end', slow=True)
def _(path):
    write(path, one('concepts', b'\x08' + b'\x80' * (60 * MIB)))


@bomb('varints that are longer than they need')
def _(path):
    write(path, one('concepts', concept(1) +
                    (tag(1000, 0) + b'\x81' + b'\x80' * 8 + b'\0') * 5_000_000))


@bomb('10 million groups, one in another')
def _(path):
    write(path, one('concepts', concept(1) + tag(15, 3) * 10_000_000))


@bomb('a path of 60 million numbers, packed')
def _(path):
    nodes = b(1, b'\1' * (60 * MIB))
    write(path, one('query_cache', query(1, n4=b(4, b(3, nodes)))))


@bomb('60 million lengths of vectors, packed')
def _(path):
    lengths = vector_column([], n1=b(1, bytes(60 * MIB)))
    write(path, batch('embeddings', b(1, embedding_columns(
        [1], n3=b(3, lengths)))))


@bomb('two batches of 60 million lengths of vectors', slow=True)
def _(path):
    archive = Archive()
    lengths = vector_column([], n1=b(1, bytes(60 * MIB)))
    for i in range(1, 3):
        raw = b(1, embedding_columns([i], n3=b(3, lengths)))
        archive.add('embeddings', [(i, b'')], raw=raw, ids=(i, i), count=1,
                    stored=zstd(raw))
    write(path, archive)


@bomb('4 million embeddings without vectors', fine=True, slow=True)
def _(path):
    count = 4_200_000
    numbers = range(1 << 21, (1 << 21) + count)
    ids = b(1, b''.join(varint(i) for i in numbers))
    lengths = vector_column([], n1=b(1, bytes(count)))
    write(path, batch('embeddings', b(1, embedding_columns(
        [1], n1=ids, n2=b(2, bytes(8 * count)), n3=b(3, lengths),
        n4=b(4, lengths), n5=b(5, lengths))),
        ids=(numbers[0], numbers[-1]), count=count))


@bomb('60 million ids of vectors, packed', slow=True)
def _(path):
    write(path, batch('embeddings', b(1, embedding_columns(
        [1], n1=b(1, b'\1' * (60 * MIB))))))


@bomb('a million tags')
def _(path):
    write(path, one('concepts', concept(1, n8=b(8, concept_metadata(
        n4=b(4, '') * 1_000_000)))))


@bomb('a map of two million entries', slow=True)
def _(path):
    entries = b''.join(b(4, b(1, b'%08d' % i) + b'\x15\0\0\0\0')
                       for i in range(2_000_000))
    write(path, one('query_cache', query(1, n5=b(5, query_metadata(
        n4=entries)))))


@bomb('extensions of a million brackets')
def _(path):
    text = b'{"a":' + b'[' * 1_000_000 + b']' * 1_000_000 + b'}'
    write(path, one('concepts', concept(1) + b(31, text)))


# --- INDEX and B2SUMS --------------------------------------------------------

@bomb('an INDEX of 250 MiB of zeros')
def _(path):
    archive = Archive()
    archive.raw_index = lambda raw: bytes(250 * MIB)
    archive.index_frame = zstd
    write(path, archive)


@bomb('an INDEX of a million entries')
def _(path):
    archive = Archive().add('concepts', [(1, concept(1))])

    def many(raw):
        size = raw[1] + 2 if raw[1] < 0x80 else (raw[1] & 0x7f |
                                                 raw[2] << 7) + 3
        return raw[:size] * 1_000_000 + raw[size:]
    archive.raw_index = many
    archive.index_frame = zstd
    write(path, archive)


@bomb('an INDEX that says 250 MiB and holds nothing')
def _(path):
    archive = Archive()
    archive.index_frame = lambda raw: frame(raw, size=250 * MIB)
    write(path, archive)


@bomb('100,000 batches that INDEX alone tells of')
def _(path):
    archive = Archive()
    size, count = 27 * BLOCK, 100_000

    def many(raw):
        digests = b(8, bytes(32)) + b(9, bytes(32))
        entries = b''.join(b(1, b(
            1, 'concepts/%08d.pb.zst' % i) + u(2, MIB + i * 30 * BLOCK) +
            u(3, size) + u(4, 1) + u(5, 1) + u(6, i) + u(7, i) + digests)
            for i in range(count))
        total = b(1, 'concepts') + u(2, count) + u(3, count) + \
            u(4, count * size) + u(5, count)
        return entries + b(2, total) + raw[2 + raw[1]:]
    archive.raw_index = many
    archive.index_frame = zstd
    write(path, archive)


@bomb('B2SUMS of three million lines')
def _(path):
    archive = Archive()
    archive.sums = lambda text: text + text * 8000
    write(path, archive)


def claims(name):
    """Headers of @name that each claim all that is behind them, and no end."""
    @bomb('8,000 headers of %s' % name)
    def _(path):
        whole = Archive().add('concepts', [(1, concept(1))]).build()
        with open(path, 'wb') as file:
            file.write(whole[:whole.index(b'PaxHeader/INDEX.pb.zst')])
            for i in reversed(range(8000)):
                file.write(header_block(name, i * BLOCK, 1700000000))


claims('INDEX.pb.zst')
claims('B2SUMS')


@bomb('a MiB of what may all be CORTEXARC')
def _(path):
    out = bytearray()
    while len(out) < MIB:
        left = MIB - len(out)
        out += b(1, bytes(32)) + b'\x12' + bytes(
            [left & 0x7f | 0x80, left >> 7 & 0x7f | 0x80, left >> 14])
    whole = Archive().add('concepts', [(1, concept(1))]).build()
    with open(path, 'wb') as file:
        file.write(out + whole[2 * BLOCK:])


# --- members -----------------------------------------------------------------

MANY = (1 << 20) + 16


@bomb('a million members', slow=True)
def _(path):
    """Named as batches are; checksums differ by the sum of the digits."""
    whole = Archive().build()
    head = header_block('concepts/00000000.pb.zst', 0, 1700000000)
    with open(path, 'wb', MIB) as file:
        file.write(whole[:4 * BLOCK])
        for i in range(MANY):
            number = b'%08d' % i
            more = sum(number) - 8 * 48
            text = b'%06o' % (int(head[148:154], 8) + more)
            file.write(head[:9] + number + head[17:148] + text + head[154:])
        file.write(bytes(2 * BLOCK))


@bomb('members in a member, and a header in each of them')
def _(path):
    """Behind damage what stands in a member's data is read again: the large one,
    and then each of the small ones, with the rest of the large one behind it."""
    def before(name, size):
        return header_block(pax_name(name), 105, 1700000000, b'x') + \
            pad(pax_record(b'')) + header_block(name, size, 1700000000)
    name, damage = 'concepts/00000000.pb.zst', bytes(range(64)) * 8
    small = before(name, BLOCK) + before(name, BLOCK)[:BLOCK] + damage
    large = small * (16 * MIB // len(small))
    # As much may be read again as was read before.
    first = bytes(len(large) + MIB)
    with open(path, 'wb') as file:
        file.write(header_block('CORTEXARC', BLOCK, 1700000000) + damage * 2 +
                   before(name, len(first)) + first +
                   before(name.replace('0.', '1.'), len(large)) + large +
                   damage)


@bomb('an INDEX of 250 MiB with a header in it', large=True)
def _(path):
    name, size = 'INDEX.pb.zst', 250 * MIB
    whole = Archive().build()
    with open(path, 'wb') as file:
        file.write(
            whole[:whole.index(b'PaxHeader/INDEX.pb.zst')] +
            header_block(pax_name(name), 105, 1700000000, b'x') +
            pad(pax_record(b'')) + header_block(name, size, 1700000000) +
            header_block('TRAILER', BLOCK, 1700000000))
        file.write(bytes(range(256)) * ((size - BLOCK) // 256) + b'x' * BLOCK)


def sparse(path, head, size):
    with open(path, 'wb') as file:
        file.write(head)
        file.truncate(size)


TIB = 1 << 40


@bomb('a sound archive, and a TiB of nothing')
def _(path):
    sparse(path, Archive().build(), TIB)


@bomb('a TiB of nothing')
def _(path):
    sparse(path, b'', TIB)


def lying(name, kind, said):
    """The first member is of @kind and as large as it says."""
    @bomb(name, piped=False)
    def _(path):
        size = b'%011o ' % said if said < 8 ** 11 else \
            b'\x80' + said.to_bytes(11, 'big')
        head = header_block('PaxHeader/CORTEXARC', size, 1700000000, kind)
        sparse(path, head + Archive().build(), said + 16 * MIB)


lying('a pax header of 7 GiB', b'x', 7 << 30)
lying('a global header of 7 GiB', b'g', 7 << 30)
lying('a long name of 7 GiB', b'L', 7 << 30)
lying('a long link of 7 GiB', b'K', 7 << 30)
lying('a pax header of a TiB, in base 256', b'x', TIB)
lying('a member of a TiB, in base 256', b'0', TIB)
lying('a sparse member of a TiB', b'S', TIB)
lying('a link of a TiB', b'2', TIB)


@bomb('CORTEXARC of 7 GiB', piped=False)
def _(path):
    sparse(path, header_block('CORTEXARC', 7 << 30, 1700000000), 8 << 30)


@bomb('a pax header of 50 MiB of records')
def _(path):
    archive = Archive()

    def members(every):
        every[1].pax = b'11 a=aaaaa\n' * (50 * MIB // 11)
        return every
    archive.edit_members = members
    write(path, archive)


# --- the graph ---------------------------------------------------------------

@bomb('a million connections that lead nowhere', fine=True, slow=True)
def _(path):
    archive = Archive(header())
    sample = connection(1 << 21)
    rest = sample[1 + len(varint(1 << 21)):]
    number = 0
    for first in range(1 << 21, (1 << 21) + 1_000_000, 50_000):
        records = b''.join(b(1, b'\x08' + varint(i) + rest)
                           for i in range(first, first + 50_000))
        archive.batches.append(Batch('connections', number, records,
                                     (first, first + 49_999), 50_000,
                                     zstd(records)))
        number += 1
    archive.index_frame = zstd
    write(path, archive)


# --- JSON --------------------------------------------------------------------

GOLDEN = os.path.join(TOP, 'tests/data/backup-v1-24.json')


def document(name, head, text, times, tail):
    """The golden document with an unknown member of metadata in front."""
    @bomb(name, 'json')
    def _(path):
        with open(GOLDEN, 'rb') as file:
            golden = file.read()
        at = golden.index(b'"metadata"')
        at = golden.index(b'{', at) + 1
        with open(path, 'wb', MIB) as file:
            file.write(golden[:at] + b'"more":' + head)
            for _ in range(times):
                file.write(text)
            file.write(tail + b',' + golden[at:])


document('10 million brackets', b'', b'[' * MIB, 10, b'1')
document('a string of 100 MB', b'"', b'a' * MIB, 100, b'"')
document('a string of 100 MB of escapes', b'"', b'\\u0000' * (MIB // 6), 100,
         b'"')
document('a number of 10 million digits', b'', b'9' * MIB, 10, b'')
document('a number of 10 million digits behind a point', b'0.', b'9' * MIB, 10,
         b'')
document('10 million empty arrays', b'[', b'[],' * MIB, 10, b'0]')
document('a name 10 million times', b'{', b'"a":0,' * MIB, 10, b'"a":0}')


@bomb('100 MB of white space', 'json')
def _(path):
    with open(path, 'wb') as file:
        file.write(b'{' + b' ' * (100 * MIB))


@bomb('the same concept 100,000 times', 'json', fine=True)
def _(path):
    import json
    with open(GOLDEN, encoding='utf-8') as file:
        golden = json.load(file)
    record = json.dumps(golden['concepts'][0])
    golden['concepts'] = '@'
    text = json.dumps(golden).replace(
        '"@"', '[' + ','.join([record] * 100_000) + ']')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


@bomb('125 million ids in one record of 250 MB', 'json', large=True)
def _(path):
    ids = (b'{"column_sequence":[' + b'0,' * 999_999 + b'0],'
           b'"activation_times":[],"total_path_strength":0.5,'
           b'"propagation_time":0.5}')
    with open(GOLDEN, 'rb') as file:
        golden = file.read()
    at = golden.index(b'"paths":[]') + len('"paths":[')
    with open(path, 'wb', MIB) as file:
        file.write(golden[:at])
        for _ in range(124):
            file.write(ids + b',')
        file.write(ids + golden[at:])


# --- stores ------------------------------------------------------------------

def store(name, change, **more):
    """An empty store (made by the tool, at CXA_TOOL), and what is done to it."""
    @bomb(name, 'store', piped=False, **more)
    def _(path):
        subprocess.run([os.environ['CXA_TOOL'], 'init', '-q', path],
                       check=True)
        change(path)


def statements(*lines):
    def change(path):
        database = sqlite3.connect(path)
        for line in lines:
            database.execute(line)
        database.commit()
        database.close()
    return change


ENDLESS = ('WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) '
           'SELECT x FROM n')


def as_view(query_text):
    def change(path):
        database = sqlite3.connect(path)
        names = [row[1] for row in database.execute(
            'PRAGMA table_info(concepts)')]
        database.execute('ALTER TABLE concepts RENAME TO was')
        database.execute('CREATE VIEW concepts(%s) AS %s' % (
            ', '.join(names), query_text % ', '.join(['x'] * len(names))))
        database.commit()
        database.close()
    return change


store('a view without end in place of a table', as_view(
    'WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) '
    'SELECT %s FROM n'))
store('a view of values of a GB in place of a table', as_view(
    'SELECT %s FROM (SELECT zeroblob(1000000000) AS x)'))
store('a view without end beside the tables', statements(
    'CREATE VIEW more AS ' + ENDLESS), fine=True)
store('a check that takes a GB', statements(
    'CREATE TABLE more (x CHECK (length(hex(zeroblob(400000000))) > x))',
    'PRAGMA ignore_check_constraints = 1',
    'INSERT INTO more VALUES (1)'), fine=True)
store('an index over an expression that takes a GB', statements(
    'CREATE TABLE more (x)',
    'CREATE INDEX more_x ON more (length(hex(zeroblob(x))))',
    'INSERT INTO more VALUES (1)',
    'PRAGMA writable_schema = 1',
    "UPDATE sqlite_master SET sql = replace(sql, 'zeroblob(x)', "
    "'zeroblob(400000000)') WHERE name = 'more_x'"), fine=True)
store('a generated column that takes a GB', statements(
    'CREATE TABLE more (x, y AS (length(hex(zeroblob(400000000)))) STORED '
    'CHECK (y > 0))'), fine=True)
store('20,000 tables more', statements(
    *['CREATE TABLE more_%d (x)' % i for i in range(20_000)]), fine=True,
      slow=True)
store('a schema of 10 MB', statements(
    "PRAGMA writable_schema = 1",
    "INSERT INTO sqlite_master VALUES ('table', 'more', 'more', 0, "
    "'CREATE TABLE more (' || hex(zeroblob(5000000)) || ' x)')"), fine=True)


def patched(*patches):
    def change(path):
        with open(path, 'r+b') as file:
            for offset, data in patches:
                file.seek(offset)
                file.write(data)
    return change


store('a header of four thousand million pages', patched(
    (28, b'\xff\xff\xff\xfe')), fine=True)
store('a list of free pages without end', patched(
    (32, struct.pack('>II', 2, 0xfffffffe))), fine=True)
store('a record header that lies', patched(
    (100 + 8, b'\xff' * 64)))
store('a TiB of nothing behind the pages', lambda path: os.truncate(
    path, TIB), fine=True)
