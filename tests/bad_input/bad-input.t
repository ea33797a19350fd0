#!/usr/bin/env python3
"""bad-input.t - what is no archive: each case as a file, as standard input and
through a pipe; the same line that says where, in each, and nothing else

A case is (name, input, exit code, pattern of the line). The input is bytes, or a
function that makes something else at a path and returns how it can be read.
"""
import copy
import io
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import gzip

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get('CXA_SRCDIR') or os.path.dirname(os.path.dirname(HERE))
BUILD = os.environ.get('CXA_BUILDDIR') or TOP
TOOL = os.environ.get('CXA') or os.path.join(BUILD, 'cortexarc')
BUILT = os.path.join(BUILD, '.libs')
LIBRARIES = ':'.join(filter(None, [BUILT, os.environ.get('LD_LIBRARY_PATH')]))
if os.access(os.path.join(BUILT, 'cortexarc'), os.X_OK):
    TOOL = os.path.join(BUILT, 'cortexarc')  # without libtool's script
with open(os.path.join(TOP, 'tests/data/backup-v1-24.json')) as file:
    GOLDEN = json.load(file)

# --- documents -------------------------------------------------------------

SMALL = {'metadata': GOLDEN['metadata'], 'concepts': GOLDEN['concepts'][:2],
         'columns': GOLDEN['columns'][:1],
         'connections': GOLDEN['connections'][:1],
         'system_state': GOLDEN['system_state'],
         'query_cache': GOLDEN['query_cache'][:1],
         'sync_queue': GOLDEN['sync_queue'][:1]}


def text(document):
    return json.dumps(document, ensure_ascii=False).encode()


def with_value(path, value):
    """SMALL with another value at a path; DELETE removes it."""
    document = copy.deepcopy(SMALL)
    at = document
    for step in path[:-1]:
        at = at[step]
    if value is DELETE:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return document


DELETE = object()
MARK = '@@'


def with_text(path, raw):
    """The same with JSON text of any kind, right or wrong, as the value."""
    return text(with_value(path, MARK)).replace(b'"@@"', raw, 1)


CONCEPT = ('concepts', 0)
PLACE = r'\(line \d+, column \d+\)'
WHERE = r'.*' + PLACE
CASES = []


def case(name, data, pattern=WHERE, code=3):
    CASES.append((name, data, code, pattern))


# --- no JSON -----------------------------------------------------------------

def tar_of(names, form):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=form) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 5
            tar.addfile(info, io.BytesIO(b'hello'))
    return out.getvalue()


def zip_of(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as archive:
        archive.writestr(name, 'hello')
    return out.getvalue()


NOTHING = 'neither a .cxa archive nor'
case('empty', b'', NOTHING + '|empty')
case('one byte', b'x', NOTHING)
case('a line of text', b'hello\n', NOTHING)
case('the magic as text', b'CORTEXARC\n', NOTHING)
case('a block of zeros', bytes(512), '.')
case('an empty tar', bytes(10240), '.')
case('a tar of another kind', tar_of(['a', 'b'], tarfile.USTAR_FORMAT), '.')
case('a GNU tar', tar_of(['x' * 120], tarfile.GNU_FORMAT), '.')
case('a pax tar', tar_of(['x' * 120], tarfile.PAX_FORMAT), '.')
case('a tar with CORTEXARC alone', tar_of(['CORTEXARC'],
                                          tarfile.USTAR_FORMAT), '.')
case('a tar cut', tar_of(['a'], tarfile.USTAR_FORMAT)[:700], '.')
case('a gzip', gzip.compress(b'hello', mtime=0), '.')
case('a gzip of JSON', gzip.compress(text(SMALL), mtime=0), '.')
case('a zip', zip_of('a'), '.')
case('an ELF program', b'\x7fELF\2\1\1' + bytes(100), NOTHING)
case('an empty SQLite file', b'SQLite format 3\0' + bytes(84), '.')

# --- syntax ------------------------------------------------------------------

WHOLE = text(SMALL)
case('a byte order mark', b'\xef\xbb\xbf' + WHOLE, 'byte order mark' + WHERE)
case('UTF-16', WHOLE.decode().encode('utf-16'), '.')
case('an array', b'[]', '.')
case('null', b'null', '.')
case('a string', b'"hello"', '.')
case('an empty object', b'{}', 'missing')
case('two documents', WHOLE + WHOLE)
case('bytes behind the document', WHOLE + b'x')
for what, raw in (
        ('a trailing comma', b'[1,]'), ('two commas', b'[1,,2]'),
        ('no comma', b'[1 2]'), ('no value', b''),
        ('a wrong bracket', b'[1}'), ('a comment', b'/* x */ 1'),
        ('single quotes', b"'x'"), ('a bare word', b'yes'),
        ('NaN', b'NaN'), ('Infinity', b'Infinity'), ('TRUE', b'TRUE'),
        ('a plus sign', b'+1'), ('a leading zero', b'01'), ('hex', b'0x1'),
        ('a bare minus', b'-'), ('a point at the end', b'1.'),
        ('a point in front', b'.5'), ('an exponent of nothing', b'1e'),
        ('a control character', b'"a\nb"'), ('a NUL in a string', b'"a\0b"'),
        ('a bad escape', b'"\\x41"'), ('a cut escape', b'"\\u00'),
        ('a bad \\u', b'"\\u00g0"'),
        ('a high surrogate alone', b'"\\ud800"'),
        ('a low surrogate alone', b'"\\udc00"'),
        ('surrogates reversed', b'"\\udc00\\ud800"'),
        ('UTF-8 too long', b'"\xc0\xaf"'),
        ('a surrogate in UTF-8', b'"\xed\xa0\x80"'),
        ('UTF-8 over U+10FFFF', b'"\xf4\x90\x80\x80"'),
        ('UTF-8 cut', b'"\xf0\x9f"'), ('a lone continuation', b'"\x80"'),
        ('a name that is no string', b'{1:2}'), ('no colon', b'{"a" 1}'),
        ('a name twice', b'{"a":1,"a":2}'),
        ('a name twice, once escaped', b'{"a":1,"\\u0061":2}')):
    case('%s, in an unknown member' % what,
         with_text(CONCEPT + ('new',), raw))
    if what not in ('a name twice', 'a name twice, once escaped'):
        case('%s, as content' % what, with_text(CONCEPT + ('content',), raw))
case('depth 65', with_text(CONCEPT + ('new',), b'[' * 65 + b']' * 65),
     'limit json-depth' + WHERE)
case('ten million brackets', with_text(
    CONCEPT + ('new',), b'[' * 10000000 + b']' * 10000000), 'limit json-depth' + WHERE)
case('a number of 65 characters', with_text(
    CONCEPT + ('access_count',), b'0.' + b'1' * 63))
case('a string of 100 MB', with_text(
    CONCEPT + ('content',), b'"' + b'x' * 100000000 + b'"'),
    'limit string-bytes|limit batch-bytes')

# --- members -----------------------------------------------------------------

for collection in SMALL:
    case('without %s' % collection, text(with_value([collection], DELETE)),
         'missing')
    case('%s is a string' % collection, text(with_value([collection], 'x')))
    twice = WHOLE[:-1] + b',"%s":%s}' % (collection.encode(),
                                         text(SMALL[collection]))
    case('%s twice' % collection, twice)


def leaves(value, path):
    """Paths of all known members below a record, a few of each list."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield path + (name,), inner
            yield from leaves(inner, path + (name,))
    elif isinstance(value, list):
        for i, inner in enumerate(value[:1]):
            if isinstance(inner, (dict, list)):
                yield from leaves(inner, path + (i,))


FREE = {'parameters', 'metadata_changes', 'changes', 'state_data'}
for root in (CONCEPT, ('columns', 0), ('connections', 0), ('system_state',),
             ('query_cache', 0), ('sync_queue', 0), ('metadata',)):
    at = SMALL
    for step in root:
        at = at[step]
    for path, value in leaves(at, root):
        names = [step for step in path if isinstance(step, str)]
        if FREE & set(names[:-1]) or 'operation' in names[:-1]:
            continue
        where = '.'.join(map(str, path))
        case('without %s' % where, text(with_value(path, DELETE)))
        if names[-1] in FREE:
            continue
        wrong = [] if isinstance(value, dict) else {}
        case('%s of another type' % where, text(with_value(path, wrong)))

for path, most in ((CONCEPT + ('id',), 2 ** 64),
                   (CONCEPT + ('content_hash',), 2 ** 64),
                   (CONCEPT + ('access_count',), 2 ** 32),
                   (CONCEPT + ('metadata', 'priority'), 256),
                   (('columns', 0, 'position', 'layer'), 256),
                   (('sync_queue', 0, 'retry_count'), 256)):
    where = '.'.join(map(str, path))
    for raw in (b'%d' % most, b'-1', b'1.5', b'1e3', b'"1"', b'true'):
        case('%s is %s' % (where, raw.decode()), with_text(path, raw))
case('a float over its range', with_text(
    CONCEPT + ('metadata', 'complexity'), b'1e39'))
case('a double over its range', with_text(
    CONCEPT + ('created_timestamp',), b'1e400'))
for path in (('connections', 0, 'connection_type'),
             ('query_cache', 0, 'query_type'), ('sync_queue', 0, 'status'),
             ('sync_queue', 0, 'priority')):
    case('%s has a value of none' % '.'.join(map(str, path)),
         text(with_value(path, 'Unheard')))
case('an operation of no kind', text(with_value(
    ('sync_queue', 0, 'operation'), {})))
case('an operation of two kinds', text(with_value(
    ('sync_queue', 0, 'operation'),
    {'DeleteConcept': {'concept_id': 1, 'timestamp': 1.0},
     'DeleteConnection': {'connection_id': 1, 'timestamp': 1.0}})))
case('an operation of an unknown kind', text(with_value(
    ('sync_queue', 0, 'operation'), {'Explode': {}})))
case('a record that is null', text(with_value(('concepts', 1), None)))
case('an id twice', text(with_value(('concepts', 1), SMALL['concepts'][0])),
     'twice|concept %d' % SMALL['concepts'][0]['id'])
case('data_version 0', text(with_value(('metadata', 'data_version'), 0)), '.')
case('data_version 3', text(with_value(('metadata', 'data_version'), 3)), '.')
case('a duplicate known member', WHOLE.replace(
    b'"content":', b'"content":"x","content":', 1))
case('a duplicate known member, escaped', WHOLE.replace(
    b'"content":', b'"\\u0063ontent":"x","content":', 1))

# --- the runs ------------------------------------------------------------------

count = failed = 0


def ok(passed, claim, *why):
    global count, failed
    count += 1
    failed += not passed
    print('%sok %d - %s' % ('' if passed else 'not ', count, claim))
    if not passed:
        for line in why:
            print('#   ' + str(line)[:400])


RUNS = (('file', ['pack', 'IN', '-o', 'out.cxa']),
        ('standard input', ['verify', '--level', 'records', 'IN']),
        ('pipe', ['pack', 'IN', '-o', 'out.cxa']))


def run(argv, data, path, mode, folder):
    command = [TOOL] + argv
    env = dict(os.environ, TMPDIR=folder, LC_ALL='C',
               LD_LIBRARY_PATH=LIBRARIES)
    more = dict(capture_output=True, env=env, cwd=folder, timeout=60)
    if mode == 'pipe':
        return subprocess.run(command, input=data, **more)
    with open(path if mode == 'standard input' else os.devnull, 'rb') as file:
        return subprocess.run(command, stdin=file, **more)


def judge(done, code, pattern, folder):
    lines = done.stderr.decode(errors='replace').splitlines()
    lines = [line for line in lines
             if not line.startswith('cortexarc: note: ')]
    if done.returncode != code:
        return 'exit code %d, not %d' % (done.returncode, code)
    if not 1 <= len(lines) <= 2:
        return '%d lines' % len(lines)
    if not re.match(r'cortexarc: (in\.x|standard input)\S*: \S', lines[0]):
        return 'the line does not name the input'
    if not re.search(pattern, lines[0]):
        return 'the line does not match ' + pattern
    if sorted(os.listdir(folder)) != ['in.x']:
        return 'left: %s' % os.listdir(folder)
    return ''


def strip(line):
    return re.sub(rb'cortexarc: (in\.x|standard input)', b'', line)


def try_case(name, data, code, pattern):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'in.x')
        with open(path, 'wb') as out:
            out.write(data)
        said = set()
        for mode, argv in RUNS:
            argv = [name if name != 'IN' else 'in.x' if mode == 'file' else '-'
                    for name in argv]
            done = run(argv, data, path, mode, folder)
            lines = [line for line in done.stderr.split(b'\n')
                     if not line.startswith(b'cortexarc: note: ')]
            said.add(strip(lines[0]))
            wrong = judge(done, code, pattern, folder)
            if wrong:
                return '%s, %s: %s' % (argv[0], mode, wrong), done.stderr
    if len(said) > 1 and not data.startswith(b'SQLite'):
        return 'other words elsewhere', b' | '.join(said)
    return '', b''


def main():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for name, data, code, pattern in CASES:
        wrong, said = try_case(name, data, code, pattern)
        ok(not wrong, name + ' is refused', wrong, said.decode(
            errors='replace'))
    step = max(1, len(WHOLE) // 100)
    bad = [end for end in range(1, len(WHOLE), step)
           if try_case('', WHOLE[:end], 3, '.')[0]]
    ok(not bad, 'a document cut anywhere is refused', bad)
    print('1..%d' % count)
    return failed != 0


sys.exit(main())
