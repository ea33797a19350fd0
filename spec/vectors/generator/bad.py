"""bad.py - archives with one fault each, all else mended to agree with it"""
import struct

from forge import (
    BLOCK, CREATED, LAST, MAGIC, RAW, RLE, Archive, Entry, Member, b, block,
    column, concept, concept_metadata, configuration, connection, digest,
    embedding_columns, embeddings, envelope, f32, f64, floats, frame, header,
    header_block, link, metadata, octal, packed, pad, pax_record, query,
    query_metadata, source, sums_line, sync, system_state, u, vector_column)
from table import vector

FIRST = 'concepts/00000000.pb.zst'
SECOND = 'concepts/00000001.pb.zst'
VECTORS = 'embeddings/00000000.pb.zst'
EDGES = 'connections/00000000.pb.zst'
INDEX, SUMS, TRAILER = 'INDEX.pb.zst', 'B2SUMS', 'TRAILER'


def base():
    return (Archive().add('concepts', [(1, concept(1)), (2, concept(2))])
            .add('concepts', [(3, concept(3))]).add('embeddings', [1, 2, 3])
            .add('connections', [(1, connection(1))]))


def place(members, name):
    return next(i for i, m in enumerate(members) if m.name == name)


def at(name):
    """Of base(): where a member's headers and its data begin."""
    archive = base()
    places = {}

    def look(members):
        offset = 0
        for member in members:
            size = len(member.blocks(archive.mtime))
            places[member.name] = (
                offset, offset + (1536 if member.has_pax else BLOCK))
            offset += size
        return members
    archive.edit_members = look
    archive.build()
    return places[name]


# --- no archive -----------------------------------------------------------

def no_archive(name, data, why):
    vector('bad-no-archive-' + name, why, verify=3)(lambda: data)


PLAIN = header_block('README', 5, 0) + pad(b'hello')
no_archive('empty', b'', 'an empty file')
no_archive('text', b'CORTEXARC\n', 'text that begins as an archive does')
no_archive('zeros', bytes(1024), 'zeros: to tar, an archive of nothing')
no_archive('tar', PLAIN + bytes(1024), 'a tar of something else')
no_archive('gzip', bytes.fromhex('1f8b0800000000000003030000000000000000'
                                 '00'), 'a gzip of nothing')
no_archive('zstd', frame(b'hello'), 'a zstd frame of something else')
no_archive('zip', b'PK\5\6' + bytes(18), 'a zip of nothing')
no_archive('sqlite', b'SQLite format 3\0' + bytes(84), 'a database cut')


# --- cut, lengthened ------------------------------------------------------

def cut(name, end, why, member='-', verify=None):
    @vector('bad-cut-' + name, why, member, verify=verify)
    def _():
        archive = base()
        archive.bytes = lambda data: data[:end(data)]
        return archive


cut('first-byte', lambda data: 1, 'one byte of an archive', verify=3)
cut('first-block', lambda data: BLOCK, 'the first block alone', 'CORTEXARC')
cut('in-header', lambda data: at(FIRST)[0] + 700, "cut in a batch's headers")
cut('in-data', lambda data: at(FIRST)[1] + 100, "cut in a batch's data",
    FIRST)
cut('in-padding', lambda data: at(SECOND)[0] - 1,
    'cut one byte before a member', FIRST)
cut('at-member', lambda data: at(SECOND)[0],
    'cut where a member ends: tar sees no fault')
cut('before-index', lambda data: at(INDEX)[0], 'all batches, nothing more')
cut('before-trailer', lambda data: at(TRAILER)[0], 'all but TRAILER')
cut('in-trailer', lambda data: at(TRAILER)[1] + 511, 'TRAILER less a byte',
    TRAILER)
cut('before-end', lambda data: -1024, 'no zero blocks behind TRAILER')
cut('in-end', lambda data: -512, 'one zero block of the two')
cut('last-byte', lambda data: -1, 'the last byte is gone')


def lengthened(name, more, why, **exits):
    @vector('bad-behind-' + name, why, **exits)
    def _():
        archive = base()
        archive.bytes = lambda data: data + more(data)
        return archive


lengthened('byte', lambda data: b'x', 'a byte behind the end')
lengthened('archive', lambda data: data, 'the archive twice')
lengthened('member', lambda data: PLAIN + bytes(1024),
           'a member behind the end: where tar stops, some readers go on')
lengthened('zeros', lambda data: bytes(10240 - len(data) % 10240),
           'zeros up to the blocking factor of tar: read, not canonical',
           unpack=0)


@vector('bad-packed-again', 'the members as GNU tar would pack them: read by '
        'content, with a word about it', unpack=0)
def _():
    archive = base()

    def plain(members):
        for member in members:
            member.has_pax = False
            member.head = dict(mode=b'0000644\0', uid=b'0001750\0',
                               gid=b'0001750\0', size=b'%011o\0' %
                               len(member.data), mtime=octal(7, 12),
                               uname=b'user', gname=b'user')
        return members
    archive.edit_members = plain
    return archive


# --- members: missing, doubled, moved, more -------------------------------

def tampered(name, edit, why, member='-', **exits):
    @vector('bad-member-' + name, why, member, **exits)
    def _():
        archive = base()
        archive.edit_members = edit
        return archive


def without(name):
    return lambda members: [m for m in members if m.name != name]


for gone in ('schema.pb', FIRST, SECOND, EDGES, INDEX, SUMS, TRAILER):
    tampered('missing-' + gone.partition('.')[0].replace('/', '-').lower(),
            without(gone), '%s is not there' % gone, gone)
tampered('missing-cortexarc', without('CORTEXARC'), 'CORTEXARC is not there',
        'CORTEXARC')


def doubled(name):
    def edit(members):
        i = place(members, name)
        return members[:i] + [members[i]] + members[i:]
    return edit


def swapped(one, other):
    def edit(members):
        i, j = place(members, one), place(members, other)
        members[i], members[j] = members[j], members[i]
        return members
    return edit


def inserted(before, name, data=b'hello', has_pax=True):
    def edit(members):
        i = place(members, before) if before else len(members)
        return members[:i] + [Member(name, data, has_pax)] + members[i:]
    return edit


tampered('doubled', doubled(FIRST), 'a batch stands there twice', FIRST)
tampered('doubled-header', doubled('CORTEXARC'), 'a second CORTEXARC',
        'CORTEXARC')
tampered('doubled-trailer', doubled(TRAILER), 'a second TRAILER')
tampered('swapped', swapped(FIRST, SECOND), 'two batches in the wrong order',
        SECOND)
tampered('swapped-collections', swapped(SECOND, VECTORS),
        'collections out of their order', VECTORS)
tampered('more', inserted(INDEX, 'notes.txt'), 'a member that has no place '
        'in an archive')
tampered('more-batch', inserted(INDEX, 'sync_queue/00000000.pb.zst'),
        'a batch that INDEX and B2SUMS do not name',
        'sync_queue/00000000.pb.zst')
tampered('more-before', inserted('CORTEXARC', 'README', has_pax=False),
        'a member in front of CORTEXARC: it is none', verify=3)
tampered('more-after', inserted('', 'README'), 'a member behind TRAILER')


def head(of, title, why, member='-', **fields):
    """The header of the member of that name with other fields."""
    def edit(members):
        members[place(members, of)].head = fields
        return members
    tampered(title, edit, why, member)


def first_head(title, why, member='-', **fields):
    head(FIRST, title, why, member, **fields)


for name, kind, why in (
        ('symlink', b'2', 'a symbolic link'), ('hardlink', b'1', 'a link'),
        ('folder', b'5', 'a folder'), ('device', b'3', 'a device'),
        ('fifo', b'6', 'a fifo'), ('old', b'\0', 'the type of an old tar'),
        ('contiguous', b'7', 'a contiguous file'),
        ('sparse', b'S', 'a sparse file of GNU tar')):
    first_head('type-' + name, '%s for a batch' % why, kind=kind)
first_head('name-absolute', 'an absolute name', name=b'/' + FIRST.encode())
first_head('name-parent', 'a name that leaves the folder',
           name=b'../' + FIRST.encode())
first_head('name-dot', 'a name behind ./', name=b'./' + FIRST.encode())
first_head('name-100', 'a name of 100 bytes, without a NUL', name=b'c' * 100)
first_head('name-nul', 'a name that goes on behind a NUL',
           name=FIRST.encode() + b'\0x')
first_head('name-prefix', "a name's folder in the prefix field",
           name=b'00000000.pb.zst', prefix=b'concepts')
first_head('name-digits', 'a number of seven digits',
           name=b'concepts/0000000.pb.zst')
first_head('name-other', 'another name than in its pax header',
           name=SECOND.encode())
first_head('size-more', 'a size larger than the data', size=octal(2000, 12))
first_head('size-less', 'a size smaller than the data', size=octal(1, 12))
first_head('size-largest', 'a size of 8 GiB', size=b'77777777777 ')
first_head('size-binary', "a size in GNU tar's base 256",
           size=b'\x80' + bytes(9) + b'\1\0')
first_head('size-nul', 'a size that ends in a NUL', size=b'00000000430\0')
first_head('mode', 'another mode', mode=b'000755 ')
first_head('owner', 'an owner', uid=b'001750 ')
first_head('owner-name', "an owner's name", uname=b'root')
first_head('time', 'another time than the others', mtime=octal(5, 12))
for name in ('schema.pb', INDEX, SUMS, TRAILER):
    head(name, 'time-' + name.split('.')[0].lower(),
         'another time of %s alone' % name, name, mtime=octal(5, 12))
first_head('link-name', 'a link name', link=b'x')
first_head('version', "GNU tar's magic", magic=b'ustar  \0')
first_head('checksum', 'a checksum that does not hold', checksum=b'000000\0 ')
first_head('end', 'bytes behind the last field', end=b'x')


def first_pax(title, why, pax=None, member=FIRST, **fields):
    def edit(members):
        batch = members[place(members, FIRST)]
        batch.pax = None if pax is None else pax(batch.data)
        batch.pax_head = fields
        return members
    tampered('pax-' + title, edit, why, member)


def record(key, value):
    """A pax record, which says its own length."""
    rest = b' ' + key + b'=' + value + b'\n'
    size = len(rest) + 1
    while len(str(size)) + len(rest) != size:
        size += 1
    return str(size).encode() + rest


first_pax('second', 'a second record', lambda data: pax_record(data) +
          record(b'comment', b'hello'))
first_pax('size', 'a size of its own, which some readers believe',
          lambda data: pax_record(data) + record(b'size', b'7'))
first_pax('path', 'a name of its own, which some readers believe',
          lambda data: pax_record(data) + record(b'path', b'x'))
first_pax('none', 'without a record', lambda data: b'')
first_pax('other', 'another record', lambda data: record(
    b'SCHILY.xattr.user.cortexarc.sha256', digest(data).hex().encode()))
first_pax('upper', 'the digest in capitals', lambda data: b'105 SCHILY.xattr.'
          b'user.cortexarc.blake2b=' + digest(data).hex().upper().encode() +
          b'\n')
first_pax('digest', 'another digest than the data has, here alone',
          lambda data: pax_record(data + b'x'))


@vector('bad-member-pax-digest-schema', 'another digest than schema.pb has, in '
        'its pax header alone', 'schema.pb')
def _():
    def edit(members):
        schema = members[place(members, 'schema.pb')]
        schema.pax = pax_record(schema.data + b'x')
        return members
    archive = base()
    archive.edit_members = edit
    return archive


first_pax('padding', 'bytes behind the record', lambda data: (
    pax_record(data) + b'x'), size=105)
first_pax('name', 'the pax header of another member',
          name='concepts/PaxHeader/00000001.pb.zst', member='-')
first_pax('global', 'a global header: it is of all members that follow',
          kind=b'g', member='-')


@vector('bad-member-pax-missing', 'a batch without a pax header', FIRST)
def _():
    archive = base()
    archive.batches[0].has_pax = False
    return archive


@vector('bad-member-pax-header', 'CORTEXARC with a pax header: what other tars '
        'make, read as such', unpack=0)
def _():
    def edit(members):
        members[0].has_pax = True
        return members
    archive = base()
    archive.edit_members = edit
    return archive


@vector('bad-member-long-name', "GNU tar's long name in front of a batch")
def _():
    archive = base()
    archive.batches[0].before = header_block(
        '././@LongLink', 26, archive.mtime, b'L') + pad(FIRST.encode())
    return archive


@vector('bad-member-global', 'a global pax header in front of a batch')
def _():
    archive = base()
    archive.batches[0].before = header_block(
        'pax_global_header', 17, archive.mtime, b'g') + pad(
            record(b'comment', b'abc'))
    return archive


@vector('bad-member-padding', 'a byte in the padding behind a batch', FIRST)
def _():
    archive = base()

    def edit(members):
        batch = members[place(members, FIRST)]
        size = -len(batch.data) % BLOCK
        batch.padding = bytes(size - 1) + b'x'
        return members
    archive.edit_members = edit
    return archive


@vector('bad-member-data', 'a bit of a batch flipped', FIRST)
def _():
    archive = base()
    offset = at(FIRST)[1] + 60
    archive.bytes = lambda data: data[:offset] + bytes(
        [data[offset] ^ 4]) + data[offset + 1:]
    return archive


@vector('bad-member-gap', "batches' numbers with a gap",
        'concepts/00000002.pb.zst')
def _():
    return (Archive().add('concepts', [(1, concept(1))])
            .add('concepts', [(2, concept(2))], number=2))


@vector('bad-member-first', "batches' numbers from 1",
        'concepts/00000001.pb.zst')
def _():
    return Archive().add('concepts', [(1, concept(1))], number=1)


@vector('bad-member-order', 'collections out of order, all else mended',
        'concepts/00000000.pb.zst')
def _():
    return (Archive().add('columns', [(1, column(1))])
            .add('concepts', [(1, concept(1))]))


# --- INDEX, B2SUMS, TRAILER: each wrong alone -----------------------------

def index(name, why, found=FIRST, raw=None, unpack=3, **fields):
    @vector('bad-index-' + name, why, found, unpack=unpack)
    def _():
        archive = base()

        def edit(entries):
            for field, change in fields.items():
                setattr(entries[0], field, change(getattr(entries[0], field)))
        archive.edit_index = edit
        archive.raw_index = raw or archive.raw_index
        return archive


index('offset', 'an offset a block too far', INDEX,
      offset=lambda value: value + BLOCK)
index('offset-odd', 'an offset within a block', INDEX,
      offset=lambda value: value + 1)
index('stored-size', 'a stored size one too large',
      stored_size=lambda value: value + 1)
index('raw-size', 'a raw size one too large', raw_size=lambda value: value + 1)
index('raw-size-huge', 'a raw size of 2^63', raw_size=lambda value: 1 << 63)
index('records', 'fewer records than there are',
      records=lambda value: 1, last_id=lambda value: 1)
index('records-none', 'a batch of no records', INDEX,
      records=lambda value: 0)
index('first-id', 'another first id', first_id=lambda value: 0)
index('last-id', 'ids over those of the next batch', INDEX,
      last_id=lambda value: 3)
index('ids-few', 'more records than ids', INDEX, last_id=lambda value: 1)
index('stored-digest', 'another stored digest, here alone',
      stored_digest=lambda value: bytes(32))
index('raw-digest', 'another raw digest: what was stored is sound, and may be '
      'read', raw_digest=lambda value: bytes(32), unpack=0)
index('digest-short', 'a digest of 31 bytes', INDEX,
      raw_digest=lambda value: value[:31])
index('name', 'a member that is not there', INDEX,
      member=lambda value: 'concepts/00000007.pb.zst')
index('name-path', 'a path for a name', INDEX,
      member=lambda value: '../../etc/passwd')
index('empty', 'an INDEX of nothing', INDEX, raw=lambda raw: b'')
index('cut', 'an INDEX that ends within an entry', INDEX,
      raw=lambda raw: raw[:-3])


def edit_entries(name, why, edit, member='-'):
    @vector('bad-index-' + name, why, member)
    def _():
        archive = base()
        archive.edit_index = edit
        return archive


edit_entries('missing', 'a batch that INDEX does not tell of',
             lambda entries: entries.pop(1), INDEX)
edit_entries('last-missing', 'the last batch is not in INDEX',
             lambda entries: entries.pop(), EDGES)
edit_entries('doubled', 'an entry twice',
             lambda entries: entries.insert(0, entries[0]), INDEX)
edit_entries('order', 'entries out of order',
             lambda entries: entries.reverse(), INDEX)


def totals(name, why, edit):
    @vector('bad-index-totals-' + name, why, INDEX)
    def _():
        archive = base()
        archive.edit_totals = edit
        return archive


totals('missing', 'six totals', lambda entries, totals: totals[:6])
totals('order', 'totals in another order',
       lambda entries, totals: totals[::-1])
totals('records', 'a total that is not the sum', lambda entries, totals:
       [b(1, 'concepts') + u(2, 2) + u(3, 4) + totals[0][14:]] + totals[1:])


@vector('bad-index-more', 'a batch that INDEX and B2SUMS tell of, in the midst '
        'of schema.pb', FIRST)
def _():
    class Part:
        name, data, raw, ids, records = FIRST, bytes(BLOCK), b'', (1, 2), 2
    archive = Archive(schema=b(1, b(12, bytes(8 * BLOCK))))

    def edit(entries):
        entries.append(Entry(Part, 8 * BLOCK))
        entries[0].raw_size = 1
    archive.edit_index = edit
    archive.sums = lines(lambda x: x[:2] + [sums_line(FIRST, Part.data)] +
                         x[2:])
    return archive


@vector('bad-index-frame', 'INDEX is no zstd frame', INDEX)
def _():
    archive = base()
    archive.index_frame = lambda raw: raw
    return archive


@vector('bad-index-record', 'INDEX names its fields backwards', INDEX)
def _():
    archive = base()
    archive.raw_index = lambda raw: raw[-20:] + raw[:-20]
    return archive


def sums(name, why, change, member=SUMS):
    @vector('bad-sums-' + name, why, member)
    def _():
        archive = base()
        archive.sums = change
        return archive


def lines(change):
    return lambda text: b''.join(change(text.splitlines(True)))


sums('line-missing', 'a line is missing', lines(lambda x: x[:2] + x[3:]))
sums('line-more', 'a line of no member', lines(
    lambda x: x[:2] + [b'0' * 64 + b'  x\n'] + x[2:]))
sums('line-twice', 'a line twice', lines(lambda x: x[:3] + x[2:]))
sums('order', 'lines in another order', lines(
    lambda x: [x[0], x[2], x[1]] + x[3:]))
sums('other-batch', 'a batch that is not there in place of one that is', lines(
    lambda x: x[:4] + [b'0' * 64 + b'  columns/00000000.pb.zst\n'] + x[5:]))
sums('other-index', 'a batch that is not there in place of INDEX', lines(
    lambda x: x[:-1] + [b'0' * 64 + b'  sync_queue/00000000.pb.zst\n']))
sums('digest', 'another digest for a batch, here alone', lines(
    lambda x: x[:2] + [b'0' * 64 + x[2][64:]] + x[3:]), FIRST)
sums('crlf', 'lines as Windows ends them', lambda text: text.replace(
    b'\n', b'\r\n'))
sums('capitals', 'digests in capitals', lambda text: text[:64].upper() +
     text[64:])
sums('binary', 'the mark of a binary file', lambda text: text.replace(
    b'  ', b' *', 1))
sums('end', 'no end of the last line', lambda text: text[:-1])
sums('empty', 'no line at all', lambda text: b'')


def trailer(name, why, offset, new, mended=True, member=TRAILER):
    @vector('bad-trailer-' + name, why, member)
    def _():
        def change(data):
            own = digest(data)
            data = data[:offset] + new(data[offset:]) + \
                data[offset + len(new(data[offset:])):]
            return data if mended else data + own
        archive = base()
        archive.trailer = change
        return archive


trailer('magic', 'another magic', 0, lambda old: b'X')
trailer('own-digest', 'its own digest does not hold', 24,
        lambda old: bytes([old[0] ^ 1]), mended=False)
trailer('index-offset', 'INDEX elsewhere', 25, lambda old: bytes(
    [old[0] + 2]))
trailer('index-size', 'INDEX larger', 32, lambda old: bytes([old[0] ^ 1]))
trailer('sums-offset', 'B2SUMS elsewhere', 41, lambda old: bytes(
    [old[0] + 2]))
trailer('sums-size', 'B2SUMS larger', 48, lambda old: bytes([old[0] ^ 1]))
trailer('sums-size-huge', 'B2SUMS of 2^63 bytes', 55, lambda old: b'\x80')
trailer('index-digest', 'another digest of INDEX, here alone', 56,
        lambda old: bytes(32))
trailer('root', 'another root hash', 88, lambda old: bytes(32), member=SUMS)
trailer('zeros', 'bytes where zeros must be', 300, lambda old: b'x')
trailer('major', 'format 0', 16, lambda old: b'\0')


@vector('bad-trailer-other', "another archive's trailer", '-')
def _():
    other = Archive().build()
    archive = base()
    archive.bytes = lambda data: data[:-1536] + other[-1536:]
    return archive


@vector('bad-trailer-long', 'TRAILER of 513 bytes', TRAILER)
def _():
    archive = base()

    def edit(members):
        members[-1].data += b'\0'
        return members
    archive.edit_members = edit
    return archive


# --- CORTEXARC ------------------------------------------------------------

def head(name, why, made, member='CORTEXARC', **exits):
    @vector('bad-header-' + name, why, member, **exits)
    def _():
        archive = base()
        archive.envelope = made
        return archive


RIGHT = header()
head('digest', 'its digest does not hold', b(1, bytes(32)) + b(2, RIGHT))
head('digest-short', 'a digest of 31 bytes',
     b(1, digest(RIGHT)[:31]) + b(2, RIGHT))
head('empty', 'nothing in it', envelope(b''))
head('none', 'no bytes at all', b'\n\0')
head('unknown', 'a third field in the envelope', envelope(RIGHT) + u(3, 1))
head('backwards', 'its fields descend', b(2, RIGHT) + b(1, digest(RIGHT)))
head('no-metadata', 'no metadata', envelope(header(n11=None)))
head('no-major', 'no version', envelope(header(n1=None)))
head('major-0', 'format 0.1', envelope(header(n1=u(1, 0), n2=u(2, 1))))
head('metadata-cut', 'metadata without its description',
     envelope(header(n11=b(11, metadata(n11=None)))))
head('batch-sizes', 'sizes that no batch has', envelope(header(n12=b(
    12, b(1, 'concepts') + u(2, 11) + u(3, 9) + u(4, 8)))))
head('boundary-bits', '64 boundary bits', envelope(header(n12=b(
    12, b(1, 'concepts') + u(2, 64) + u(3, 0) + u(4, 8)))))
head('loss', 'a loss whose ids descend', envelope(header(n15=b(
    15, b(1, 'concepts') + u(2, 9) + u(3, 5)))))
head('base', 'a base archive, without the feature that needs one',
     envelope(header(n14=b(14, bytes(32)))))
head('data-version-0', 'records of a data version that never was',
     envelope(header(n11=b(11, metadata(n4=u(4, 0))))))
head('extensions', 'extensions that are no object',
     envelope(header(n16=b(16, '[1]'))))
head('extensions-document', 'extensions with a member of the document',
     envelope(header(n16=b(16, '{"a":1,"concepts":[]}'))))
head('extensions-metadata', 'extensions with a member that is known',
     envelope(header(n11=b(11, metadata(n12=b(12, '{"backup_id":1}'))))))
head('minor', "another minor version than TRAILER's",
     envelope(header(n2=u(2, 3))), TRAILER)


@vector('bad-header-time', "the members' time is not that of created_at",
        'CORTEXARC')
def _():
    archive = base()
    archive.mtime += 1
    return archive


# --- frames ---------------------------------------------------------------

RAW_ONE = b(1, concept(1))


def stored(name, why, data, raw=RAW_ONE, **exits):
    @vector('bad-frame-' + name, why, FIRST, **exits)
    def _():
        return Archive().add('concepts', [(1, b'')], raw=raw, stored=data)


ONE = frame(RAW_ONE)
SKIPPABLE = struct.pack('<II', 0x184d2a50, 5) + b'hello'
stored('none', 'records that are not compressed', RAW_ONE)
stored('no-checksum', 'no checksum', frame(RAW_ONE, descriptor=0xa0))
stored('checksum', 'a checksum that does not hold',
       frame(RAW_ONE, checksum=b'\0\0\0\0'))
stored('no-size', 'no content size', frame(
    RAW_ONE, descriptor=0x04, window=bytes([10 << 3])))
stored('size-more', 'a content size one too large',
       frame(RAW_ONE, size=len(RAW_ONE) + 1))
stored('size-less', 'a content size one too small',
       frame(RAW_ONE, size=len(RAW_ONE) - 1))
stored('size-huge', 'a content size of 2^32-1',
       frame(RAW_ONE, size=(1 << 32) - 1))
stored('window', 'a window over 8 MiB', frame(
    RAW_ONE, descriptor=0x84, window=bytes([13 << 3 | 1])))
stored('window-huge', 'a window of 1 TiB and more', frame(
    RAW_ONE, descriptor=0x84, window=b'\xff'))
stored('dictionary', 'a dictionary', frame(
    RAW_ONE, descriptor=0xa5, dictionary=b'\7'))
stored('reserved', 'a reserved bit', frame(RAW_ONE, descriptor=0xac))
stored('two', 'two frames of half the records each',
       frame(RAW_ONE[:9]) + frame(RAW_ONE[9:]))
stored('skippable-before', 'a skippable frame in front', SKIPPABLE + ONE)
stored('skippable-behind', 'a skippable frame behind', ONE + SKIPPABLE)
stored('skippable-alone', 'nothing but a skippable frame', SKIPPABLE)
stored('behind', 'a byte behind the frame', ONE + b'x')
stored('cut', 'the last byte is gone', ONE[:-1])
stored('magic', 'another magic', b'\x27' + ONE[1:])
stored('block-type', 'a block of the reserved type',
       frame(RAW_ONE, blocks=block(3, RAW_ONE, 1)))
stored('block-size', 'a block of over 128 KiB', frame(
    RAW_ONE, blocks=block(RLE, b'x', 1, (1 << 17) + 1)))
stored('no-last', 'no last block', frame(
    RAW_ONE, blocks=block(RAW, RAW_ONE, 0)))
stored('empty', 'a frame of nothing', frame(b''), raw=b'')


@vector('bad-frame-bomb', '65 MiB of zeros from 2 KB', FIRST)
def _():
    size = 65 << 20
    count = size >> 17
    blocks = b''.join(block(RLE, b'\0', i == count - 1, 1 << 17)
                      for i in range(count))
    return Archive().add('concepts', [(1, b'')], raw=RAW_ONE, stored=frame(
        b'', size=size, blocks=blocks))


# --- records --------------------------------------------------------------

def records(name, why, record, collection='concepts', id=1):
    @vector('bad-record-' + name, why, collection + '/00000000.pb.zst')
    def _():
        return Archive().add(collection, [(id, record)])


LONG_ONE = b'\x81\0'  # 1 in two bytes
records('varint-long', 'a varint in more bytes than it needs',
        concept(1, n7=b'\x38' + LONG_ONE))
records('varint-tag', "a tag in more bytes than it needs",
        concept(1, n7=b'\xb8\0\1'))
records('varint-length', 'a length in more bytes than it needs',
        concept(1, n2=b'\x12\x85\0hello'))
records('varint-11', 'a varint of eleven bytes',
        concept(1, n7=b'\x38' + b'\xff' * 10 + b'\1'))
records('varint-2-64', 'a varint over 64 bits',
        concept(1, n3=b'\x18' + b'\xff' * 9 + b'\2'))
records('descending', 'field numbers that descend', concept(
    1, n2=u(3, 5), n3=b(2, 'hello')))
records('twice', 'a singular field twice', concept(1, n7=u(7, 1) + u(7, 2)))
records('message-twice', 'a singular submessage twice: protobuf would merge',
        concept(1, n8=2 * b(8, concept_metadata())))
records('wire-type', 'a wire type that is not the declared one',
        concept(1, n7=f32(7, 1.0)))
records('wire-group', 'a group', concept(1, n11=b'\x5b\x5c'))
records('wire-6', 'a wire type that does not exist', concept(
    1, n11=b'\x5e'))
records('field-0', 'field number 0', b'\0\0' + concept(1))
records('missing', 'a required field is not there', concept(1, n3=None))
records('missing-nested', 'a required field of a submessage is not there',
        concept(1, n8=b(8, concept_metadata(n6=None))))
records('no-id', 'no id', concept(1, n1=None))
records('empty', 'a record of no bytes', b'')
records('bool', 'a bool of 2', system_state(
    n3=b(3, configuration(n5=u(5, 2)))), 'system_state', 0)
records('enum', 'an enum value that is not there',
        connection(1, n4=u(4, 7)), 'connections')
records('enum-0', 'the enum value 0, which no enum has',
        connection(1, n4=u(4, 0)), 'connections')
records('enum-negative', 'an enum value of ten bytes',
        connection(1, n4=u(4, LAST - 1)), 'connections')
records('u32', 'a 32-bit number over 2^32', concept(1, n7=u(7, 1 << 32)))
records('u8', 'an 8-bit number over 255', concept(
    1, n8=b(8, concept_metadata(n5=u(5, 256)))))
records('u8-retries', 'the same in a sync entry', sync(1, n4=u(4, 256)),
        'sync_queue')
records('pair', 'three values where there must be two', system_state(
    n3=b(3, configuration(n1=packed(1, [1, 2, 3])))), 'system_state', 0)
records('pair-missing', 'none where there must be two', system_state(
    n3=b(3, configuration(n1=None))), 'system_state', 0)
records('packed-empty', 'an empty packed field',
        sync(1, n9=b(9, b'')), 'sync_queue')
records('packed-twice', 'a packed field in two parts',
        sync(1, n9=packed(9, [1]) + packed(9, [2])), 'sync_queue')
records('packed-not', 'a packed field that is not', sync(1, n9=u(9, 1)),
        'sync_queue')
records('packed-cut', 'half a float at the end of a packed field',
        sync(1, b(1, u(1, 10) + b(2, b(1, 'x') + b(2, concept_metadata()) +
                                  b(3, b(1, b'\0' * 6) + f64(4, 1.0))) +
                  f64(3, 1.0))), 'sync_queue')
records('utf8-overlong', 'UTF-8 of more bytes than it needs',
        concept(1, n2=b(2, b'\xc0\xaf')))
records('utf8-surrogate', 'half a surrogate pair as UTF-8',
        concept(1, n2=b(2, b'\xed\xa0\x80')))
records('utf8-cut', 'UTF-8 that ends within a character',
        concept(1, n2=b(2, b'a\xf0\x9f\xa7')))
records('utf8-over', 'UTF-8 over U+10FFFF',
        concept(1, n2=b(2, b'\xf4\x90\x80\x80')))
records('utf8-tag', 'a byte that UTF-8 never has, in a list', concept(
    1, n8=b(8, concept_metadata(n4=b(4, b'\xff')))))
records('string-long', 'a session id of 64 KiB and one byte', concept(
    1, n8=b(8, concept_metadata(n3=b(3, source(
        n3=b(3, 'x' * 65537)))))))
records('union-none', 'a sync operation of no kind', sync(1, b''),
        'sync_queue')
records('union-two', 'a sync operation of two kinds', sync(
    1, b(3, u(1, 1) + f64(2, 1.0)) + b(6, u(1, 1) + f64(2, 1.0))),
    'sync_queue')
records('union-unknown', 'a sync operation of a kind yet to come',
        sync(1, b(8, '')), 'sync_queue')
records('map-order', 'keys of a map that descend', query(
    1, n5=b(5, query_metadata([('b', 1.0), ('a', 1.0)]))), 'query_cache')
records('map-twice', 'a key of a map twice', query(
    1, n5=b(5, query_metadata([('a', 1.0), ('a', 1.0)]))), 'query_cache')
records('map-prefix', 'a longer key in front of a shorter', query(
    1, n5=b(5, query_metadata([('ab', 1.0), ('a', 1.0)]))), 'query_cache')
records('unknown-many', '1,025 unknown fields', concept(
    1, n99=u(99, 1) * 1025))
records('unknown-large', '64 KiB of unknown fields', concept(
    1, n99=b(99, bytes(65536))))
records('json-none', 'extensions that are not JSON', concept(
    1, n10=b(10, '{"a":}')))
records('json-array', 'extensions that are no object', concept(
    1, n10=b(10, '[]')))
records('json-known', 'extensions with a member that the record has', concept(
    1, n10=b(10, '{"content":"x"}')))
records('json-embeddings', "extensions with the member where JSON has a "
        "concept's vectors", concept(1, n10=b(10, '{"embeddings":null}')))
records('json-twice', 'extensions with a member twice', concept(
    1, n10=b(10, '{"a":1,"a":2}')))
records('json-nested', 'the same in a submessage', concept(
    1, n8=b(8, concept_metadata(n8=b(8, '{"a":1,"\\u0061":2}')))))
records('json-empty', 'extensions of no bytes', concept(1, n10=b(10, '')))
records('json-surrogate', 'half a surrogate pair in JSON', concept(
    1, n10=b(10, '{"a":"\\ud800"}')))
records('json-value', 'a free value that is not JSON', sync(
    1, b(5, u(1, 9) + b(2, 'yes') + u(3, 2) + f64(4, CREATED))),
    'sync_queue')
records('length', 'a string longer than its record', concept(
    1, n2=b'\x12\xff\1hello'))
records('length-huge', 'a length of 2^63', concept(
    1, n2=b'\x12' + b'\x80' * 9 + b'\1hello'))
records('cut', 'a record that ends within a field', concept(1)[:-1])


def raw_batch(name, why, raw, collection='concepts', ids=(1, 1), count=1):
    @vector('bad-batch-' + name, why, collection + '/00000000.pb.zst')
    def _():
        return Archive().add(collection, [], ids=ids, count=count, raw=raw)


raw_batch('field', 'something else than records in a batch',
          RAW_ONE + u(2, 1))
raw_batch('length', 'a record longer than the batch', RAW_ONE[:-1])
raw_batch('submessages', 'a hundred thousand empty submessages',
          b(1, concept(1, n8=b(8, concept_metadata(
              n7=b(7, b'') * 100000)))))


def ids(name, why, first, second, collection='concepts', make=concept):
    """Ids in one batch that do not ascend."""
    @vector('bad-ids-' + name, why, collection + '/00000000.pb.zst')
    def _():
        low, high = sorted((first, second))
        return Archive().add(collection, [
            (low, make(first)), (high, make(second))], ids=(
                low, high if high != low else low + 1))


ids('descend', 'ids that descend within a batch', 2, 1)
ids('twice', 'an id twice within a batch', 1, 1)
ids('sign', 'ids compared as signed numbers', 1 << 63, 1)
ids('system-state', 'two records of system_state', 0, 0, 'system_state',
    lambda id: system_state())


def across(name, why, first, second, member):
    @vector('bad-ids-across-' + name, why, member)
    def _():
        return (Archive().add('concepts', [(first, concept(first))])
                .add('concepts', [(second, concept(second))]))


across('descend', 'ids that descend from batch to batch', 5, 3, INDEX)
across('twice', 'the same id in two batches', 5, 5, INDEX)


@vector('bad-ids-told', 'a batch of another archive, INDEX telling of the '
        'records that were there', FIRST)
def _():
    archive = Archive().add('concepts', [], raw=b(1, concept(9)),
                            ids=(1, 1), count=1)
    return archive.add('concepts', [(2, concept(2))])


@vector('bad-ids-count', 'a batch with a record more than INDEX tells of',
        FIRST)
def _():
    return Archive().add('concepts', [(1, concept(1)), (2, concept(2)),
                                      (9, concept(9))], count=2)


# --- embeddings -----------------------------------------------------------

def columns(name, why, raw, ids=(1, 2), count=2):
    raw_batch('columns-' + name, why, raw, 'embeddings', ids, count)


ROWS = [[0.5], [0.25]]
columns('two', 'two sets of columns', embeddings([1]) + embeddings([2]))
columns('none', 'no columns', b'')
columns('ids-descend', 'ids that descend', embeddings([2, 1]))
columns('ids-twice', 'an id twice', embeddings([1, 1]))
columns('ids-few', 'fewer ids than rows', embeddings(
    [1, 2], n1=packed(1, [1])))
columns('times-few', 'fewer times than rows', embeddings(
    [1, 2], n2=b(2, struct.pack('<d', 1.0))))
columns('lengths-few', 'fewer lengths than rows', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n1=packed(1, [2])))))
columns('lengths-more', 'lengths over what the planes hold', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n1=packed(1, [1, 2])))))
columns('lengths-less', 'lengths under what the planes hold', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n1=packed(1, [1, 0])))))
columns('lengths-wrap', 'lengths whose sum has 33 bits', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n1=packed(
        1, [(1 << 32) - 1, 3])))))
columns('planes-odd', 'planes of seven bytes', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n2=b(2, bytes(7))))))
columns('planes-none', 'lengths without planes', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n2=None))))
columns('planes-empty', 'empty planes where there must be none', embeddings(
    [1, 2], n3=b(3, vector_column([[], []], n2=b(2, b'')))))
columns('vector-missing', 'a vector without its column', embeddings(
    [1, 2], n4=None))
columns('extension-row', 'extensions of a row that is not there', embeddings(
    [1, 2], n6=b(6, u(1, 2) + b(2, '{}'))))
columns('extension-order', 'extensions whose rows descend', embeddings(
    [1, 2], n6=b(6, u(1, 1) + b(2, '{}')) + b(6, u(1, 0) + b(2, '{}'))))
columns('extension-json', 'extensions that are no object', embeddings(
    [1, 2], n6=b(6, u(1, 1) + b(2, '7'))))
columns('unknown', 'a field of a later version: rows have no place for it',
        embeddings([1, 2], n7=u(7, 1)))
columns('unknown-vector', 'the same in a vector', embeddings(
    [1, 2], n3=b(3, vector_column(ROWS, n3=u(3, 1)))))
columns('extension-twice', 'extensions of a row twice', embeddings(
    [1, 2], n6=2 * b(6, u(1, 1) + b(2, '{}'))))
