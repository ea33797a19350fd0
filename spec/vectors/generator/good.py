"""good.py - archives that every reader accepts"""
from forge import (
    COLLECTIONS, CREATED, DELETE_CONCEPT, LAST, RAW, RLE, Archive, b, block,
    column, concept, concept_metadata, connection, embeddings, f32, f64,
    floats, frame, header, link, metadata, packed, query, query_metadata,
    source, synapse, sync, system_state, u)
from table import vector

NAN = bytes.fromhex('0000c07f')
QUIET_PAYLOAD = bytes.fromhex('efbeedff')
HALF = 1 << 63


def one(collection, record, id=1):
    return Archive().add(collection, [(id, record)])


def vectors(ids, **arguments):
    """Concepts and their embeddings."""
    return (Archive().add('concepts', [(id, concept(id)) for id in ids])
            .add('embeddings', ids, raw=embeddings(ids, **arguments)))


def all_collections(**arguments):
    return (Archive(**arguments)
            .add('concepts', [(1, concept(1)), (2, concept(2))])
            .add('embeddings', [1, 2])
            .add('columns', [(1, column(1))])
            .add('connections', [(7, connection(7))])
            .add('system_state', [(0, system_state())])
            .add('query_cache', [(5, query(5))])
            .add('sync_queue', [(1, sync(1))]))


@vector('good-empty', 'no records at all: a header, a schema and an end')
def _():
    return Archive()


@vector('good-concept', 'one record')
def _():
    return one('concepts', concept(1))


@vector('good-embedding', 'an embedding, in columns of byte planes')
def _():
    return vectors([1])


@vector('good-column', 'a column with one synapse')
def _():
    return one('columns', column(1))


@vector('good-connection', 'an edge of the graph')
def _():
    return one('connections', connection(1))


@vector('good-system-state', 'the one record without a key: its id is 0')
def _():
    return one('system_state', system_state(), 0)


@vector('good-query', 'a cached query')
def _():
    return one('query_cache', query(9), 9)


@vector('good-all-collections', 'one batch of each, in archive order')
def _():
    return all_collections()


NEW_CONCEPT = (u(1, 10) +
               b(2, b(1, 'new') + b(2, concept_metadata()) +
                 b(3, b(1, floats([0.5])) + f64(4, CREATED))) +
               f64(3, CREATED))
OPERATIONS = {
    'create-concept': b(1, NEW_CONCEPT),
    'update-concept': b(2, u(1, 1) + b(2, b(1, 'newer') +
                                       b(2, b(1, 'a') + b(2, '[1,2]')) +
                                       b(2, b(1, 'b') + b(2, 'null'))) +
                        u(3, 2) + f64(4, CREATED)),
    'delete-concept': DELETE_CONCEPT,
    'create-connection': b(4, u(1, 9) + u(2, 1) + u(3, 2) + u(4, 6) +
                           f64(5, CREATED)),
    'update-connection': b(5, u(1, 9) + b(2, '{"weight":0.25}') + u(3, 2) +
                           f64(4, CREATED)),
    'delete-connection': b(6, u(1, 9) + f64(2, CREATED)),
    'checkpoint': b(7, b(1, '{"total":1}') + f64(2, CREATED)),
}


def add_operation(name, operation):
    @vector('good-sync-' + name, 'an edit not yet pushed: %s' % name)
    def _():
        return one('sync_queue', sync(1, operation))


for name, operation in OPERATIONS.items():
    add_operation(name, operation)


@vector('good-two-batches', 'ids ascend across the batches of a collection')
def _():
    return (Archive().add('concepts', [(1, concept(1)), (5, concept(5))])
            .add('concepts', [(6, concept(6)), (900, concept(900))]))


@vector('good-many-batches', 'batches may be cut anywhere: a record in each')
def _():
    archive = Archive()
    for id in range(1, 13):
        archive.add('connections', [(id, connection(id))])
    return archive


@vector('good-ids-extreme', 'ids are 64 bits, unsigned: 0, 2^63, 2^64-1')
def _():
    ids = [0, 1, HALF - 1, HALF, LAST - 1]
    return (Archive().add('concepts', [(id, concept(id)) for id in ids])
            .add('embeddings', ids)
            .add('sync_queue', [(id, sync(id, n9=packed(9, ids)))
                                for id in ids]))


@vector('good-hash-extreme', 'a content_hash over 2^63, exactly')
def _():
    return one('concepts', concept(1, n3=u(3, LAST - 1)))


@vector('good-floats-extreme',
        'every float comes back bit for bit: -0.0, subnormals, the largest, '
        'infinities, a NaN with its payload')
def _():
    odd = [-0.0, bytes.fromhex('01000000'), bytes.fromhex('ffff7f7f'),
           float('inf'), -float('inf'), NAN, QUIET_PAYLOAD]
    return (Archive()
            .add('connections', [(i, connection(i, n5=f32(5, value)))
                                 for i, value in enumerate(odd)])
            .add('system_state', [(0, system_state(n5=f64(
                5, bytes.fromhex('efbeaddeefbef87f'))))]))


@vector('good-vectors-extreme', 'the same in a vector')
def _():
    odd = [[-0.0, bytes.fromhex('01000000'), QUIET_PAYLOAD],
           [float('inf'), NAN, bytes.fromhex('ffff7fff')]]
    return vectors([1, 2], semantic=odd)


@vector('good-nul', 'a string may hold U+0000; nothing ends there')
def _():
    return one('concepts', concept(1, n2=b(2, 'a\0b'), n8=b(
        8, concept_metadata(n2=b(2, '\0'), n4=b(4, '\0\0') + b(4, '')))))


@vector('good-unicode', 'text is UTF-8 of any plane, not normalised')
def _():
    text = 'na\u00efve nai\u0308ve \U0001f9e0 \ufeff \uffff \U0010ffff'
    return one('concepts', concept(1, n2=b(2, text)))


@vector('good-strings-empty', 'an empty string is a value')
def _():
    return one('concepts', concept(1, n2=b(2, ''), n8=b(
        8, concept_metadata(n2=b(2, ''), n4=None))))


@vector('good-vectors-empty', 'vectors without floats: lengths, no planes')
def _():
    return vectors([1, 2], semantic=[[], []], neural=[[], []],
                   context=[[], []])


@vector('good-vectors-mixed', 'lengths may differ from row to row')
def _():
    return vectors([1, 2, 3], semantic=[[1.0], [], [2.0, 3.0]],
                   neural=[[], [0.5] * 5, []])


@vector('good-vectors-extensions', 'unknown members of some rows')
def _():
    return vectors([1, 2, 3],
                   n6=b(6, u(1, 0) + b(2, '{"model":"x"}')) +
                   b(6, u(1, 2) + b(2, '{"model":"y"}')))


@vector('good-extensions', 'unknown JSON members at several levels')
def _():
    return one('concepts', concept(
        1, n8=b(8, concept_metadata(
            n3=b(3, source(n5=b(5, '{"from":[1,{"a":null}]}'))),
            n7=b(7, link(2, n5=b(5, '{"x":1e400}'))),
            n8=b(8, '{"new":"\\u0000"}'))),
        n10=b(10, '{"id2":18446744073709551616,"b":{}}')))


@vector('good-json-space', 'white space in JSON, and extensions of nothing')
def _():
    return one('concepts', concept(
        1, n8=b(8, concept_metadata(n8=b(8, '{}'))),
        n10=b(10, ' { "a" : [ 1 ,\n2 ] } ')))


@vector('good-unknown-record', 'a field of a later version, in a record')
def _():
    return one('concepts', concept(1, n100=b(100, 'later'), n101=u(101, 7)))


@vector('good-unknown-nested', 'a field of a later version, in a submessage')
def _():
    return one('concepts', concept(1, n8=b(8, concept_metadata(
        n3=b(3, source(n9=f64(9, 1.0))), n20=f32(20, 1.0)))))


@vector('good-unknown-repeated', 'unknown fields may repeat, and be of any '
        'wire type: a reader cannot know')
def _():
    return one('connections', connection(
        1, n9=u(9, 1) + u(9, 2) + b(9, 'x'), n536870911=u(536870911, 0)))


@vector('good-unknown-header', 'a field of a later version, in the header')
def _():
    return Archive(header(n30=b(30, 'later'), n11=b(11, metadata(
        n30=u(30, 1)))))


@vector('good-unknown-index', 'fields of a later version, in INDEX')
def _():
    def more(entries):
        entries[0].more = b(20, 'later')
    archive = all_collections()
    archive.edit_index = more
    archive.raw_index = lambda raw: raw + b(20, 'later')
    return archive


@vector('good-feature-optional', 'an optional feature that nobody knows')
def _():
    return Archive(header(n6=b(6, 'sparkles') + b(6, 'parity')))


@vector('good-minor-newer', 'a higher minor version is read all the same')
def _():
    archive = Archive(header(n2=u(2, 9)))
    archive.trailer = lambda data: data[:20] + b'\x09' + data[21:]
    return archive


@vector('good-data-version-2', 'records of the second data version')
def _():
    return Archive(header(n11=b(11, metadata(n4=u(4, 2))))).add(
        'concepts', [(1, concept(1, n3=u(3, 5)))])


@vector('good-header-full', 'everything a header can say')
def _():
    sizes = b''.join(b(12, b(1, name) + u(2, 11) + u(3, 1 << 20) +
                       u(4, 3 << 20)) for name in COLLECTIONS)
    space = (b(1, 'model') + packed(2, [256, 128, 64]) + b(3, 'float32') +
             b(4, 'cosine'))
    loss = (b(15, b(1, 'concepts') + u(2, 5) + u(3, 9) + u(4, 3) +
              b(5, 'concepts/00000001.pb.zst')) +
            b(15, b(1, 'columns') + u(2, 0) + u(3, LAST - 1)))
    return Archive(header(n6=b(6, 'later'), n12=sizes, n13=b(13, space),
                          n15=loss, n16=b(16, '{"top":1}'), n17=u(17, 19)))


@vector('good-map', 'a map: entries by ascending key, the empty one too')
def _():
    return one('query_cache', query(9, n5=b(5, query_metadata(
        [('', 0.0), ('a', 1.0), ('a\0', 2.0), ('ab', 3.0), ('b', -0.0),
         ('\u00e9', 4.0)]))), 9)


@vector('good-map-empty', 'a map without entries')
def _():
    return one('query_cache', query(9, n5=b(5, query_metadata([]))), 9)


@vector('good-optional-zero', 'present and zero is not absent')
def _():
    return (Archive()
            .add('concepts', [(1, concept(1, n8=b(8, concept_metadata(
                n3=b(3, source(n4=u(4, 0)))))))])
            .add('columns', [(1, column(1, n2=u(2, 0)))])
            .add('sync_queue', [(1, sync(1, n6=f64(6, 0.0),
                                         n7=b(7, '')))]))


@vector('good-optional-absent', 'what may be null is absent')
def _():
    return one('columns', column(1, n2=None))


@vector('good-bytes-largest', 'the largest values of the small numbers')
def _():
    return (Archive()
            .add('concepts', [(1, concept(
                1, n7=u(7, (1 << 32) - 1),
                n8=b(8, concept_metadata(n5=u(5, 255)))))])
            .add('sync_queue', [(1, sync(1, n4=u(4, 255)))]))


@vector('good-lists-long', 'hundreds of values in one record')
def _():
    return (Archive()
            .add('concepts', [(1, concept(1, n8=b(8, concept_metadata(
                n4=b''.join(b(4, 't%d' % i) for i in range(300))))))])
            .add('columns', [(1, column(1, n5=b(5, b''.join(
                b(kind, synapse(i)) for kind in range(1, 6)
                for i in range(12)))))]))


def letters(count):
    out, state = '', 1
    for _ in range(count):
        state = (state * 1103515245 + 12345) % (1 << 31)
        out += 'eeeeeetttaaoinsh '[state >> 16 & 15]
    return out


# What zstd 1.5.4 makes at level 3 of a concept whose content is letters(400).
COMPRESSED = bytes.fromhex(
    '28b52ffd64ed00f509009653372f604d52e830c524b10701e58511c0833c998595a360'
    '632be1d8345acae442bb62df16aaa03a358c7b46b36cb1c41212240020001f0045bace'
    '1eab3a43ce955339e7a9bf5d924ab6eddc7bee4453dd36b3af0b868662b18c6004c77a'
    '36de71b6dedcd556757d3dcf5d3695d8623bfdee735a3f6bac898ffd9d0b2dad93cd17'
    'd1ee3cadd15bd5dc5bbf77bb97e647e2dd564f1e9fdeb652c7184a83050c9204c142e0'
    '81f2a0f28018b8c501a0146c8204aa6004701402235034145848928b03918904904805'
    '0f251c5ce0901450062821328820d1e1c3060d2004fc3d55282020026294b33e162323'
    '8c88119660418e12248d7908709300e28e88c98d2b106121c6c003aec1798bf0de82bd'
    'ccae4abeb69a40d38084707b69bc04998c6c10601f38f750ae3322426f96ed81ece23e'
    '4065dca011a8215aa1e8050f0a2bd85310')


@vector('good-frame-compressed', 'blocks that are compressed: Huffman codes '
        'and sequences')
def _():
    raw = b(1, concept(1, n2=b(2, letters(400))))
    return Archive().add('concepts', [(1, b'')], raw=raw, stored=COMPRESSED)


@vector('good-frame-rle', 'a block of one byte repeated')
def _():
    text = 'x' * 400
    raw = b(1, concept(1, n2=b(2, text)))
    at = raw.index(text.encode())
    blocks = (block(RAW, raw[:at], 0) + block(RLE, b'x', 0, 400) +
              block(RAW, raw[at + 400:], 1))
    return Archive().add('concepts', [(1, b'')], raw=raw,
                         stored=frame(raw, blocks=blocks))


@vector('good-frame-blocks', 'several blocks, an empty last one')
def _():
    raw = b(1, concept(1))
    blocks = block(RAW, raw[:7], 0) + block(RAW, raw[7:], 0) + \
        block(RAW, b'', 1)
    return Archive().add('concepts', [(1, b'')], raw=raw,
                         stored=frame(raw, blocks=blocks))


@vector('good-frame-window', 'a window of 8 MiB, the largest')
def _():
    raw = b(1, concept(1))
    return Archive().add('concepts', [(1, b'')], raw=raw, stored=frame(
        raw, descriptor=0x84, window=bytes([13 << 3])))


@vector('good-frame-size-bytes', 'the content size in one byte, two, eight')
def _():
    archive = Archive()
    for id, descriptor in ((1, 0x24), (2, 0x64), (3, 0xe4)):
        # two bytes say a size from 256 on
        raw = b(1, connection(id, n8=b(8, '{"a":"%s"}' % ('x' * 150 * id))
                              if id != 1 else None))
        archive.add('connections', [(id, b'')], raw=raw,
                    stored=frame(raw, descriptor=descriptor))
    return archive


def add_size(stored, why):
    @vector('good-size-%d' % stored, why)
    def _():
        empty = len(frame(b(1, concept(1, n2=b(2, 'x' * 200)))))
        raw = b(1, concept(1, n2=b(2, 'x' * (200 + stored - empty))))
        archive = Archive().add('concepts', [(1, b'')], raw=raw)
        assert len(archive.batches[0].data) == stored
        return archive


add_size(511, 'data of 511 bytes: one of padding')
add_size(512, 'data of 512 bytes: none of padding')
add_size(513, 'data of 513 bytes: a block of padding but for a byte')


def add_time(name, created, seconds, why):
    @vector('good-time-' + name, why)
    def _():
        return Archive(header(n11=b(11, metadata(n2=f64(2, created)))),
                       mtime=seconds)


add_time('zero', 0.0, 0, 'created_at 0')
add_time('fraction', 999.9, 0, "the tar's time is created_at cut to seconds")
add_time('negative', -5000.0, 0, 'created_at before 1970: the time is 0')
add_time('nan', float('nan'), 0, 'created_at is no number: the time is 0')
add_time('largest', (8 ** 11 - 1) * 1000.0, 8 ** 11 - 1,
         'the largest time that eleven octal digits hold')
add_time('over', 8.0 ** 11 * 1000, 0, 'a time that they do not hold is 0')


@vector('good-schema-empty', 'what schema.pb says is not for a reader')
def _():
    return Archive(schema=b'')


@vector('good-schema-other', 'bytes that are no schema are as good')
def _():
    return Archive(schema=bytes(range(256)) * 3)
