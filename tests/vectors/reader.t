#!/usr/bin/env python3
# reader.t - the second reader agrees: with the specification's tables, with the
# manifest of the vectors, with the tool's JSON
import functools
import io
import os
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
top = os.environ.get('CXA_SRCDIR') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..')
tool = os.environ.get('CXA') or os.path.join(
    os.environ.get('CXA_BUILDDIR', top), 'cortexarc')
spec = os.path.join(top, 'spec')
sys.path.insert(0, spec)

import reader  # noqa: E402
import records  # noqa: E402

# Most vectors share their frames.
reader.run_zstd = functools.lru_cache(None)(reader.run_zstd)
TYPES = {'s': 'string', 'y': 'bytes', 'u': 'uint32', 'U': 'uint64', 'c': 'uint32',
         'b': 'bool', 'f': 'float', 'd': 'double'}


def table_rows():
    """The reader's table, as RECORDS.md writes it."""
    for kind, values in records.ENUMS.items():
        for number, value in enumerate(values[1:], 1):
            yield kind, str(number), value
    for kind, fields in records.MESSAGES.items():
        for number, field in enumerate(fields, 1):
            presence = ('repeated, packed' if field.packed else
                        'repeated' if field.repeated else
                        'oneof' if kind == 'SyncOperation' else
                        'optional' if field.optional else 'required')
            type_ = TYPES.get(field.kind, field.kind)
            type_ += '.Value' if field.kind in records.ENUMS else ''
            yield kind, str(number), field.name, type_, presence, field.kind == 'c'


def specified_rows():
    """The same from RECORDS.md."""
    with open(os.path.join(spec, 'RECORDS.md'), encoding='utf-8') as file:
        for line in file:
            if line.startswith('#'):
                kind = line.strip('# \n')
            cells = [cell.strip(' `') for cell in line.split('|')[1:-1]]
            if not cells or not cells[0].isdigit():
                continue
            if len(cells) == 2:
                yield kind, *cells
            else:
                yield kind, *cells[:4], '0..255' in cells[4]


def manifest():
    """(name, exit code of verify, member, path) of every vector."""
    folder = os.path.join(spec, 'vectors')
    with open(os.path.join(folder, 'MANIFEST'), encoding='utf-8') as file:
        for line in file:
            if not line.startswith('#'):
                name, verify, _, member, _ = line.split('\t')
                yield name, int(verify), member, os.path.join(folder, name)


class Trickle(io.RawIOBase):
    """A file that can only be read on, a few bytes at a time, like a pipe."""

    def __init__(self, data):
        self.file = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self.file.readinto(memoryview(buffer)[:997])


def disagreements(open_):
    for name, verify, member, path in manifest():
        said = []
        with open_(path) as file:
            code = reader.Reader(file, said.append).run()
        if code != verify:
            yield '%s: %d, not %d: %s' % (name, code, verify, said)
        elif member != '-' and not any(member in line for line in said):
            yield '%s: %s is not named: %s' % (name, member, said)


def trickle(path):
    with open(path, 'rb') as file:
        return io.BufferedReader(Trickle(file.read()))


def differences():
    """Good vectors whose records the tool writes otherwise."""
    for name, verify, _, path in manifest():
        if verify != 0:
            continue
        kept = {}
        with open(path, 'rb') as file:
            reader.Reader(file, print, keep=kept).run()
        for wanted in None, 'embeddings':
            mine = ''.join(line + '\n' for line in reader.json_lines(kept, wanted))
            only = ['--collection', wanted] if wanted else []
            theirs = subprocess.run([tool, 'cat', path, *only], stdout=subprocess.PIPE,
                                    stderr=subprocess.DEVNULL)
            if theirs.returncode or theirs.stdout != mine.encode():
                yield '%s: %s' % (name, wanted or 'records')


def commands():
    """The exit codes and outputs of the reader as a command, for a few."""
    vectors = os.path.join(spec, 'vectors')
    for name, command, code, says in (
            ('good-concept.cxa', 'verify', 0, b''),
            ('good-concept.cxa', 'cat', 0, b'{"id":1,'),
            ('good-concept.cxa', 'list', 0, b'concepts/00000000.pb.zst\n'),
            ('bad-member-data.cxa', 'verify', 1, b'concepts/00000000.pb.zst: '),
            ('bad-behind-zeros.cxa', 'cat', 1, b'{"id":1,'),
            ('bad-no-archive-zip.cxa', 'verify', 3, b'no archive'),
            ('unsupported-major-2.cxa', 'list', 3, b'')):
        with open(os.path.join(vectors, name), 'rb') as file:
            done = subprocess.run([sys.executable, '-B', os.path.join(spec, 'reader.py'),
                                   command, '-'], stdin=file, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL)
        if done.returncode != code or says not in done.stdout:
            yield '%s %s: %d: %r' % (command, name, done.returncode, done.stdout)


def main():
    if not shutil.which('zstd'):
        print('1..0 # SKIP no zstd')
        return 0
    claims = (
        (set(table_rows()) ^ set(specified_rows()), "its table is that of RECORDS.md"),
        (disagreements(lambda path: open(path, 'rb')),
         'it says of every vector what the manifest says'),
        (disagreements(trickle), 'and the same of one that comes in pieces'),
        (differences(), 'its records are to the byte those of the tool'),
        (commands(), 'its commands end as they should, from a pipe'))
    failed = False
    print('1..%d' % len(claims))
    for number, (wrong, claim) in enumerate(claims, 1):
        wrong = list(wrong)
        for line in wrong:
            print('#', line)
        print('%s %d - %s' % ('not ok' if wrong else 'ok', number, claim))
        failed = failed or bool(wrong)
    return failed


sys.exit(main())
