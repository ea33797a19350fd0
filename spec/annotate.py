#!/usr/bin/env python3
"""Print a small archive with the meaning of every byte.

Usage: annotate.py ARCHIVE

What each byte means comes from FORMAT.md, and the fields of messages from the
tables of RECORDS.md: section 19 of FORMAT.md is this script's output. It needs
zstd(1), checks nothing, and leaves out the data of schema.pb.
"""
import json
import os
import re
import struct
import subprocess
import sys

BLOCK = 512
here = os.path.dirname(os.path.abspath(__file__))
BATCHES = {'concepts': 'ConceptBatch', 'embeddings': 'EmbeddingBatch',
           'columns': 'ColumnBatch', 'connections': 'ConnectionBatch',
           'system_state': 'SystemStateBatch',
           'query_cache': 'CachedQueryBatch', 'sync_queue': 'SyncEntryBatch'}


def read_tables():
    """Fields by message and number, and enum values, from RECORDS.md."""
    with open(os.path.join(here, 'RECORDS.md'), encoding='utf-8') as file:
        parts = re.split(r'^### (\w+)$', file.read(), flags=re.M)
    fields, values = {}, {}
    for name, text in zip(parts[1::2], parts[2::2]):
        for row in re.findall(r'^\| (\d+) \| `(\w+)` \| ([\w.]+) \| (.*?) \|',
                              text, flags=re.M):
            fields.setdefault(name, {})[int(row[0])] = row[1:]
        for row in re.findall(r'^\| (\d+) \| `(\w+)` \|$', text, flags=re.M):
            values.setdefault(name + '.Value', {})[int(row[0])] = row[1]
    return fields, values


FIELDS, VALUES = read_tables()


def show(at, data, comment='', digits=8):
    """Lines of 16 bytes; the comment stands on the first."""
    for i in range(0, len(data), 16):
        text = ' '.join('%02x' % byte for byte in data[i:i + 16])
        line = '    %0*x  %-47s  %s' % (digits, at + i, text,
                                        comment if i == 0 else '')
        print(line.rstrip())


def say(at, comment):
    print('    %08x  %s' % (at, comment))


def varint(data, i):
    value = shift = 0
    while True:
        value |= (data[i] & 127) << shift
        shift += 7
        i += 1
        if data[i - 1] < 128:
            return value, i


def scalar(kind, value):
    if kind in VALUES:
        return VALUES[kind][value]
    return str(value)


def packed(kind, data):
    if kind in ('float', 'double'):
        size, letter = (4, 'f') if kind == 'float' else (8, 'd')
        count = len(data) // size
        return ', '.join(map(str, struct.unpack('<%d%s' % (count, letter), data)))
    numbers, i = [], 0
    while i < len(data):
        value, i = varint(data, i)
        numbers.append(str(value))
    return ', '.join(numbers)


def message(name, data, base, digits, depth=0):
    """The fields of a message, each with its place: base is data's offset."""
    i = 0
    while i < len(data):
        start = i
        tag, i = varint(data, i)
        field, kind, presence = FIELDS[name].get(
            tag >> 3, ('unknown', 'bytes', ''))
        label = '  ' * depth + field + ' '
        wire = tag & 7
        if wire == 2:
            size, i = varint(data, i)
            value = data[i:i + size]
            i += size
            length_field(name, field, kind, presence, label, value, data[start:i],
                         base + start, digits, depth)
            continue
        if wire == 0:
            value, i = varint(data, i)
            label += scalar(kind, value)
        else:
            width = 8 if wire == 1 else 4
            value = struct.unpack('<d' if wire == 1 else '<f', data[i:i + width])
            label += str(value[0])
            i += width
        show(base + start, data[start:i], label, digits)


def length_field(name, field, kind, presence, label, value, whole, at, digits,
                 depth):
    inner = at + len(whole) - len(value)
    head = whole[:len(whole) - len(value)]
    if kind in FIELDS or field == 'header_bytes':
        show(at, head, '%s(%d bytes)' % (label, len(value)), digits)
        message('Header' if field == 'header_bytes' else kind, value, inner,
                digits, depth + 1)
    elif 'packed' in presence:
        show(at, whole, label + packed(kind, value), digits)
    elif kind == 'string':
        show(at, whole, label + json.dumps(value.decode(), ensure_ascii=False),
             digits)
    else:
        show(at, head, '%s(%d bytes)' % (label, len(value)), digits)
        show(inner, value, '', digits)


def header(data, at, whole):
    """A ustar header, or of a later one what differs from the first."""
    name = data[at:at + 100].rstrip(b'\0')
    kind = chr(data[at + 156])
    if not whole:
        show(at, name, 'ustar header: name')
        show(at + 124, data[at + 124:at + 136], 'size')
        show(at + 148, data[at + 148:at + 157], 'chksum; typeflag ' + kind)
        return
    for offset, size, what in (
            (0, len(name), 'ustar header: name; zeros up to 0x64'),
            (100, 8, 'mode'), (108, 8, 'uid'), (116, 8, 'gid'),
            (124, 12, 'size'), (136, 12, 'mtime'), (148, 8, 'chksum'),
            (156, 1, 'typeflag; zeros up to 0x101'),
            (257, 8, 'magic, version; zeros up to 0x149'),
            (329, 8, 'devmajor'), (337, 8, 'devminor; zeros up to 0x200')):
        show(at + offset, data[at + offset:at + offset + size], what)


def pax(data, at):
    header(data, at, False)
    record = at + BLOCK
    for offset, size, what in ((0, 40, 'pax record: length, keyword'),
                               (40, 64, 'the digest as text'),
                               (104, 1, 'its end; 407 zeros')):
        show(record + offset, data[record + offset:record + offset + size], what)


def frame(data, at, size, type_name):
    """A zstd frame, single segment, and the message it holds."""
    digits = {0: 1, 1: 2, 2: 4, 3: 8}[data[at + 4] >> 6]
    show(at, data[at:at + 5], 'zstd frame: magic, descriptor')
    show(at + 5, data[at + 5:at + 5 + digits], 'content size')
    show(at + 5 + digits, data[at + 5 + digits:at + size - 4], 'blocks')
    show(at + size - 4, data[at + size - 4:at + size], 'checksum; then zeros')
    raw = subprocess.run(['zstd', '-qdc'], input=data[at:at + size], check=True,
                         stdout=subprocess.PIPE).stdout
    print('\nIts raw bytes, %d of them, by their own offsets:\n' % len(raw))
    message(type_name, raw, 0, 4)


def trailer(data, at):
    for offset, size, what in (
            (0, 16, 'magic'), (16, 4, 'major'), (20, 4, 'minor'),
            (24, 8, 'index_offset'), (32, 8, 'index_size'),
            (40, 8, 'sums_offset'), (48, 8, 'sums_size'),
            (56, 32, 'index_digest'), (88, 32, 'root; 360 zeros'),
            (480, 32, 'digest of bytes 0 to 479')):
        show(at + offset, data[at + offset:at + offset + size], what)
    say(at + BLOCK, '1,024 zeros')


def content(data, name, at, size):
    if name == 'CORTEXARC':
        message('HeaderEnvelope', data[at:at + size], at, 8)
    elif name == 'schema.pb':
        say(at, '%s bytes, left out' % format(size, ','))
    elif name == 'B2SUMS':
        say(at, '%d bytes, these lines:\n' % size)
        for line in data[at:at + size].decode().splitlines():
            print('    ' + line)
    elif name == 'TRAILER':
        trailer(data, at)
    else:
        frame(data, at, size, BATCHES.get(name.split('/')[0], 'Index'))


def walk(data):
    """Members as name, offset of the first header, of the data, size."""
    at = 0
    while data[at] != 0:
        start = at
        if data[at + 156] == ord('x'):
            at += 2 * BLOCK
        name = data[at:at + 100].rstrip(b'\0').decode()
        size = int(data[at + 124:at + 135], 8)
        yield name, start, at + BLOCK, size
        at += BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], 'rb') as file:
        data = file.read()
    members = list(walk(data))
    print('| member | preamble at | data at | size |\n|---|---|---|---|')
    for name, start, at, size in members:
        print('| `%s` | %s | %s | %s |' % (
            name, format(start, ','), format(at, ','), format(size, ',')))
    for name, start, at, size in members:
        print('\n`%s`\n' % name)
        if at - start > BLOCK:
            pax(data, start)
        header(data, at - BLOCK, start == 0)
        content(data, name, at, size)


main()
