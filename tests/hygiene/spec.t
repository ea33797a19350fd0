#!/usr/bin/env python3
# spec.t - the specification says the same numbers as proto/ and the code
import hashlib
import os
import re
import sys

top = os.environ.get('CXA_SRCDIR') or os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..')
lib = 'libcortexarc/'


class Sources(dict):
    """Texts by path, read when first asked for; a copy may differ from disk."""

    def __missing__(self, path):
        with open(os.path.join(top, path), encoding='utf-8') as file:
            self[path] = file.read()
        return self[path]

    def changed(self, path, old, new):
        if self[path].count(old) == 0:
            raise SystemExit('%s has no %r to change' % (path, old))
        copy = Sources(self)
        copy[path] = self[path].replace(old, new, 1)
        return copy


# --- reading the specification -------------------------------------------

def sections(text):
    """Headings with what stands below them, up to the next heading."""
    parts = re.split(r'^#+ (.*)$', text, flags=re.M)
    return list(zip(parts[1::2], parts[2::2]))


def rows(text, first):
    """Rows of the tables whose header begins with the cell first."""
    inside = False
    for line in text.splitlines():
        if not line.startswith('|'):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip('|').split('|')]
        if cells[0] == first:
            inside = True
        elif inside and not cells[0].startswith('---'):
            yield [cell.strip('`') for cell in cells]


def number(text):
    return int(text.replace(',', ''))


# --- proto/ and spec/RECORDS.md --------------------------------------------

PROTO = re.compile(r'''
    (?P<kind>message|enum|oneof)\s+(?P<open>\w+)\s*\{ | (?P<close>\}) |
    (?:(?P<label>required|optional|repeated)\s+)?(?P<type>[A-Za-z][\w.]*)\s+
        (?P<field>\w+)\s*=\s*(?P<number>\d+)\s*(?P<options>\[[^\]]*\])?\s*; |
    (?P<value>\w+)\s*=\s*(?P<is>\d+)\s*;''', re.X)


def proto_says(sources):
    """Facts: message, number, name, type and presence; enum, number, name."""
    facts = set()
    for path in ('proto/records.proto', 'proto/archive.proto'):
        text = re.sub(r'//[^\n]*', '', sources[path])
        text = re.sub(r'^(syntax|package|import|option)\b[^;]*;', '', text,
                      flags=re.M)
        stack = []
        for match in PROTO.finditer(text):
            if match['kind']:
                stack.append((match['kind'], match['open']))
                if match['kind'] == 'message':
                    facts.add((match['open'],))
            elif match['close']:
                stack.pop()
            else:
                message = [name for kind, name in stack
                           if kind == 'message'][-1]
                if match['value']:
                    facts.add((message, int(match['is']), match['value']))
                    continue
                label = match['label'] or 'oneof'
                if 'packed = true' in (match['options'] or ''):
                    label += ', packed'
                facts.add((message, int(match['number']), match['field'],
                           match['type'], label))
    return facts


def records_say(sources):
    facts = set()
    for heading, text in sections(sources['spec/RECORDS.md']):
        fields = list(rows(text, 'no'))
        values = list(rows(text, 'value'))
        if not fields and not values:
            continue
        facts.add((heading,))
        facts |= {(heading, number(row[0]), row[1], row[2], row[3])
                  for row in fields}
        facts |= {(heading, number(row[0]), row[1]) for row in values}
    return facts


def differences(left, left_name, right, right_name):
    found = ['%s, not %s: %s' % (left_name, right_name, fact)
             for fact in sorted(left - right, key=str)]
    return found + ['%s, not %s: %s' % (right_name, left_name, fact)
                    for fact in sorted(right - left, key=str)]


def messages(sources):
    return differences(proto_says(sources), 'proto/', records_say(sources),
                       'RECORDS.md')


# --- numbers in C -------------------------------------------------------------

def evaluate(expression, names):
    """A constant expression of C: numbers, names, + - * << ( )."""
    expression = re.sub(r'\(uint\d+_t\)|\(int\)', '', expression)
    expression = re.sub(r'UINT(?:32|64)_C\((\w+)\)', r'\1', expression)
    expression = re.sub(r'\b(0x[0-9a-fA-F]+|\d+)(?:[uU]?[lL]*)\b', r'\1',
                        expression)
    expression = re.sub(r'\b[A-Za-z_]\w*\b',
                        lambda name: str(names[name[0]]), expression)
    if not re.fullmatch(r'[0-9a-fxA-F\s()+*<-]+', expression):
        raise KeyError(expression)
    return eval(expression, {'__builtins__': {}})


def constants(sources, path):
    """Enum constants and macros of a file that are numbers."""
    text = re.sub(r'/\*.*?\*/', '', sources[path], flags=re.S)
    names = {'UINT8_MAX': 255, 'UINT32_MAX': 2**32 - 1}
    for match in re.finditer(r'\b([A-Z]\w+) = ([^,;{}"\']+?)(?=,|\s*\})'
                             r'|^#define (\w+) (.+)$', text, flags=re.M):
        name = match[1] or match[3]
        try:
            names[name] = evaluate(match[2] or match[4], names)
        except (KeyError, SyntaxError):
            pass
    return names


def amount(text):
    """A number as a comment gives it: 64 MiB, 2^20, 4,000,000, no bound."""
    if text == 'no bound':
        return None
    match = re.match(r'(?:(\d+)\^(\d+)|([\d,]+))(?: ([KMG])iB)?', text)
    value = int(match[1])**int(match[2]) if match[1] else number(match[3])
    return value << {None: 0, 'K': 10, 'M': 20, 'G': 30}[match[4]]


# --- limits ---------------------------------------------------------------------

# What holds each row of the table of limits that has no option.
FIXED = {
    'CORTEXARC size': [('container/header.h', 'CXA_HEADER_MAX')],
    'TRAILER size': [('container/trailer.h', 'CXA_TRAILER_BYTES')],
    'member name': [('container/member.h', 'CXA_MEMBER_NAME_MAX')],
    'pax record': [('container/tar_block.h', 'CXA_TAR_PAX_BYTES')],
    'octal number': [('container/tar_block.h', 'CXA_TAR_NUMBER_MAX')],
    'zeros behind the end': [('container/walker.h', 'CXA_TAIL_MAX')],
    'digest': [('base/digest.h', 'CXA_DIGEST_BYTES')],
    'window': [('base/frame.h', 'CXA_FRAME_WINDOW_MAX')],
    'free content': [('base/frame.h', 'CXA_FRAME_RATIO_FREE')],
    'nesting': [('base/wire.h', 'CXA_DEPTH_MAX')],
    'data_version': [('container/header.h', 'CXA_DATA_VERSION_MAX')],
    'JSON number': [('record/number.h', 'CXA_NUMBER_TEXT_MAX')],
    'JSON member name': [('record/json_text.h', 'CXA_JSON_NAME_MAX')],
    'path': [('container/foreign.c', 'PATH_MAX_BYTES')],
}
# Named like limits, and none of what an archive may hold.
OTHERS = {
    ('base/message_type.c', 'MAX_TYPES'): 'room in a table of ours',
    ('base/message_type.c', 'MAX_FIELDS'): 'room in a table of ours',
    ('container/trailer.c', 'WINDOW_MAX'): 'bytes read at the end of a file',
    ('container/member_writer.c', 'ARCHIVE_MTIME_MAX'): 'of libarchive',
    ('record/number_parse.c', 'DIGITS_MAX'): 'of arithmetic',
    ('record/number_parse.c', 'POWER_MAX'): 'of arithmetic',
    ('record/number_parse.c', 'EXPONENT_MAX'): 'of arithmetic',
    ('record/number_parse.c', 'MANTISSA_MAX'): 'of arithmetic',
    ('record/number_print.c', 'SINGLE_MAX'): 'of arithmetic',
    ('record/number_print.c', 'DOUBLE_MAX'): 'of arithmetic',
    ('record/number.h', 'CXA_PRINT_MAX'): 'of what is written',
    ('record/json_encode.c', 'WRITE_DEPTH'): 'of what is written',
    ('record/json_text.c', 'PATH_MAX_BYTES'): 'of a message',
    ('record/json_text.c', 'PHRASE_MAX_BYTES'): 'of a message',
    ('base/pool.c', 'THREADS_MAX'): 'of the machine',
}


def constant(sources, path, name):
    return constants(sources, lib + path).get(name)


def defaults(sources):
    """Each default of struct cxa_limits: of its comment, and of the table."""
    block = re.search(r'struct cxa_limits \{(.*?)\};',
                      sources[lib + 'include/cortexarc/limits.h'],
                      flags=re.S)[1]
    for name, comment in re.findall(r'uint64_t (\w+);\s*/\*(.*?) \*/', block):
        yield 'limits.h', name.replace('_', '-'), amount(comment.split(': ')[1])
    code = sources[lib + 'base/limits.c']
    names = dict(constants(sources, lib + 'base/limits.c'))
    for name, field, value in re.findall(
            r'\{ "([a-z-]+)", CXA_LIMIT\((\w+)\), ([^,]+),', code):
        if name != field.replace('_', '-'):
            yield 'limits.c', field, None
        yield 'limits.c', name, (None if value == 'UNBOUND' else
                                 evaluate(value, names))


def limits(sources):
    table = {}
    named = {}
    optional = set()
    for row in rows(sources['spec/FORMAT.md'], 'limit'):
        table[row[0]] = amount(row[1])
        if row[4]:
            optional.add(row[0])
            named[row[4]] = table[row[0]]
    found = []
    seen = {}
    for place, option, value in defaults(sources):
        seen.setdefault(option, set()).add(place)
        if named.get(option, 0) != value:
            found.append('%s: %s is %s, FORMAT.md says %s'
                         % (place, option, value, named.get(option)))
    for option in sorted(set(named) | set(seen)):
        if len(seen.get(option, ())) != 2:
            found.append('no default of %s in header and code' % option)
    claims = [(row, table.get(row), place) for row in FIXED
              for place in FIXED[row]]
    for row, says, (path, name) in claims:
        value = constant(sources, path, name)
        if value is None or value != says:
            found.append('%s: %s is %s, FORMAT.md says %s for %s'
                         % (path, name, value, says, row))
    unheld = set(table) - set(FIXED) - optional
    if unheld:
        found.append('rows that nothing holds: %s' % sorted(unheld))
    return found


LIMIT_NAME = re.compile(r'(^|_)(MAX|LIMIT|DEPTH)(_|$)|^DEFAULT_')


def unnamed_limits(sources, paths):
    """What is named like a limit stands in one of the lists above."""
    known = set(OTHERS)
    for held in FIXED.values():
        known |= set(held)
    found = []
    for path in paths:
        names = set(constants(sources, lib + path))
        found += ['%s: %s' % (path, name)
                  for name in sorted(names - {'UINT8_MAX', 'UINT32_MAX'})
                  if LIMIT_NAME.search(name) and (path, name) not in known]
    return found


# --- tables of the format --------------------------------------------------------

def collections(sources):
    text = sources[lib + 'record/collection.c']
    names = constants(sources, lib + 'record/collection.c')
    code = set()
    for row in re.findall(r'\[CXA_[A-Z_]+\] = \{([^{}]*)\}', text):
        cells = [cell.strip() for cell in row.split(',')]
        code.add((cells[0].strip('"'), int(cells[6]),
                  evaluate(cells[7], names), evaluate(cells[8], names)))
    spec = {(row[0], number(row[1]), number(row[2]), number(row[3]))
            for row in rows(sources['spec/FORMAT.md'], 'collection')
            if row[1].isdigit()}
    if len(spec) != 7:
        return ['not seven collections in FORMAT.md']
    return differences(code, 'collection.c', spec, 'FORMAT.md')


def offsets(sources, heading, path, places):
    """Offsets in a table against constants named *_AT."""
    text = dict(sections(sources['spec/FORMAT.md']))[heading]
    spec = {row[2]: number(row[0]) for row in rows(text, 'offset')}
    code = constants(sources, lib + path)
    return ['%s: %s is %s, FORMAT.md says %s at %s'
            % (path, name, code.get(name), field, spec.get(field))
            for name, field in places.items()
            if spec.get(field) is None or code.get(name) != spec[field]]


def trailer(sources):
    return offsets(sources, '12. TRAILER', 'container/trailer.c', {
        'MAJOR_AT': 'major', 'MINOR_AT': 'minor', 'INDEX_AT': 'index_offset',
        'SUMS_AT': 'sums_offset', 'INDEX_DIGEST_AT': 'index_digest',
        'ROOT_AT': 'root', 'ZERO_AT': 'zeros', 'DIGEST_AT': 'digest'})


def ustar(sources):
    return offsets(sources, '3.1 The ustar header', 'container/tar_block.c', {
        'MODE_AT': 'mode', 'UID_AT': 'uid', 'GID_AT': 'gid', 'SIZE_AT': 'size',
        'MTIME_AT': 'mtime', 'CHECKSUM_AT': 'chksum', 'TYPE_AT': 'typeflag',
        'MAGIC_AT': 'magic', 'DEVMAJOR_AT': 'devmajor',
        'DEVMINOR_AT': 'devminor'})


def bounds(sources):
    """0..255 and "exactly two" where message_type.c has a bound."""
    text = sources[lib + 'base/message_type.c']
    code = set(re.findall(r'\{ "(\w+)", "(\w+)", UINT8_MAX,', text))
    pairs = set(re.findall(r'\{ "(\w+)", "(\w+)", \w+, 2 \}', text))
    spec = set()
    exactly = set()
    for heading, part in sections(sources['spec/RECORDS.md']):
        for row in rows(part, 'no'):
            if '0..255' in row[4]:
                spec.add((heading, row[1]))
            if 'exactly two' in row[4]:
                exactly.add((heading, row[1]))
    return differences(code, 'message_type.c', spec, 'RECORDS.md') + \
        differences(pairs, 'message_type.c', exactly, 'RECORDS.md')


def version(sources):
    names = constants(sources, lib + 'container/header.h')
    says = 'Version %s.%s: format_major %s, format_minor %s.' % (
        (names['CXA_FORMAT_MAJOR'], names['CXA_FORMAT_MINOR']) * 2)
    return [] if says in sources['spec/FORMAT.md'] else ['not said: ' + says]


def mixer(sources):
    """The factors and shifts of the code; the table of examples."""
    spec = sources['spec/FORMAT.md']
    step = r'\(\w+ (?:\^|xor) \(\w+ >> (\d+)\)\)'
    factor = r' \* (?:UINT64_C\()?0x([0-9a-f]+)'
    last = r'return \w+ (?:\^|xor) \(\w+ >> (\d+)\)'
    pattern = step + factor + '|' + last
    code = re.findall(pattern, sources[lib + 'record/boundary.c'])
    if len(code) != 3 or code != re.findall(pattern, spec):
        return ['boundary.c: %s; FORMAT.md: %s' % (
            code, re.findall(pattern, spec))]
    found = []
    for row in rows(spec, 'x'):
        value = int(row[0])
        for shift, by, end in code:
            value ^= value >> int(shift or end)
            value = value * int(by or '1', 16) & (2**64 - 1)
        if value != int(row[1], 16):
            found.append('mix(%s) is 0x%016x' % (row[0], value))
    return found


def hashes(sources):
    """content_hash of data_version 2, from its definition."""
    found = []
    for row in rows(sources['spec/RECORDS.md'], 'text'):
        text = {'(empty)': '', '1,000 times `x': 'x' * 1000}.get(row[0], row[0])
        digest = hashlib.blake2b(text.encode(), digest_size=32).digest()
        if int.from_bytes(digest[:8], 'little') != int(row[2]):
            found.append(row[0])
    return found


def shown(text):
    """Bytes by offset, as EXAMPLE.md shows them."""
    data = {}
    for match in re.finditer(r'^    ([0-9a-f]{8})  ((?:[0-9a-f]{2} ?)+)', text,
                             flags=re.M):
        for i, byte in enumerate(bytes.fromhex(match[2])):
            data[int(match[1], 16) + i] = byte
    return data


def example(sources):
    """EXAMPLE.md agrees with itself and with the table of boundaries."""
    text = sources['spec/EXAMPLE.md']
    data = shown(text)
    places = {row[0]: (number(row[2]), number(row[3]))
              for row in rows(text, 'member')}

    def span(name):
        at, size = places[name]
        return bytes(data.get(at + i, 0) for i in range(size))

    def digest(part):
        return hashlib.blake2b(part, digest_size=32).digest()

    header = span('CORTEXARC')
    end = span('TRAILER')
    lines = re.findall(r'^    ([0-9a-f]{64}  \S+\n)', text, flags=re.M)
    told = dict(reversed(line.split()) for line in lines)
    found = ['digest of ' + name for name in told
             if name != 'schema.pb' and digest(span(name)).hex() != told[name]]
    if digest(header[37:]) != header[2:34]:
        found.append('digest of the header')
    if digest(''.join(lines).encode()) != end[88:120]:
        found.append('root hash')
    if digest(end[:480]) != end[480:]:
        found.append('digest of TRAILER')
    sizes = re.findall(r'collection "(\w+)"\n.*boundary_bits (\d+)\n'
                       r'.*min_bytes (\d+)\n.*max_bytes (\d+)\n', text)
    table = [tuple(row[0:1] + [row[i].replace(',', '') for i in (1, 2, 3)])
             for row in rows(sources['spec/FORMAT.md'], 'collection')
             if row[1].isdigit()]
    if sizes != table:
        found.append('batch_sizes: pack the document again, annotate it anew')
    return found


# --- the test -----------------------------------------------------------------------

count = 0
failed = 0


def claim(findings, sentence):
    global count, failed
    count += 1
    failed += bool(findings)
    print('%sok %d - %s' % ('not ' if findings else '', count, sentence))
    for finding in findings:
        print('#   ' + str(finding))


def finds(findings, sentence):
    claim([] if findings else ['found nothing'], sentence)


def main():
    sources = Sources()
    spec, records = 'spec/FORMAT.md', 'spec/RECORDS.md'
    layers = [lib + layer for layer in ('base', 'container', 'record')]
    paths = sorted(
        os.path.join(layer, name)[len(lib):]
        for layer in layers for name in os.listdir(os.path.join(top, layer))
        if name.endswith(('.c', '.h')))

    def finds_in(check, path, old, new, what):
        finds(check(sources.changed(path, old, new)), what + ' is found')

    finds_in(messages, 'proto/records.proto', 'created_at = 2',
             'created_at = 13', "a field's new number")
    finds_in(messages, 'proto/archive.proto', 'required uint64 offset',
             'required uint32 offset', "a field's other type")
    finds_in(messages, 'proto/records.proto', 'optional uint64 parent',
             'required uint64 parent', 'other presence')
    finds_in(messages, 'proto/records.proto', 'Causal = 3', 'Causal = 7',
             "an enum's new value")
    finds_in(messages, 'proto/records.proto', 'message Synapse {',
             'message Gap {\n}\nmessage Synapse {', 'a new message')
    finds_in(messages, records, '| 1 | `backup_id`',
             '| 99 | `other` | bool | optional | |\n| 1 | `backup_id`',
             'a field that proto/ does not have')
    finds_in(messages, records, '| 6 | `Conflicted` |', '',
             'an enum value left out')
    claim(messages(sources), 'RECORDS.md has the messages, fields and enums '
          'of proto/, and no others')
    finds_in(bounds, records, '0..255', '0..100', 'a range left out')
    claim(bounds(sources), 'RECORDS.md has the ranges of message_type.c')

    finds_in(limits, lib + 'base/limits.c', '64 * MIB', '65 * MIB',
             'a default changed in the code')
    finds_in(limits, lib + 'base/limits.c', '4096', '4095',
             'the limit of tags changed')
    finds_in(limits, lib + 'include/cortexarc/limits.h',
             'uint64_t issues;', 'uint64_t links_all; /* all: 7 */\n\t'
             'uint64_t issues;', 'a new limit')
    finds_in(limits, lib + 'base/wire.h', 'DEPTH_MAX = 8',
             'DEPTH_MAX = 9', 'a fixed limit changed')
    finds_in(limits, spec, '| pax record | 105 |', '| pax | 105 |',
             'a row that nothing holds')
    claim(limits(sources), 'FORMAT.md has every limit with its number')
    finds(unnamed_limits(sources.changed(
        lib + 'base/wire_scan.c', 'ROUNDING = 16,',
        'ROUNDING = 16,\n\tSIBLINGS_MAX = 5,'), paths),
        'a limit that FORMAT.md does not have is found')
    claim(unnamed_limits(sources, paths),
          'what is named like a limit is in FORMAT.md, or is none')

    finds_in(collections, lib + 'record/collection.c', '14, 512', '13, 512',
             'a boundary changed')
    finds_in(collections, spec, '| sync_queue | 11 |', '| sync_queue | 12 |',
             'a boundary said wrongly')
    claim(collections(sources), 'FORMAT.md has the boundaries of collection.c')
    finds_in(mixer, lib + 'record/boundary.c', '>> 27', '>> 28',
             'another mix')
    finds_in(mixer, spec, '0x5692161d100b05e5', '0x5692161d100b05e6',
             'a wrong example')
    claim(mixer(sources), 'FORMAT.md has the mix of boundary.c')
    finds_in(trailer, lib + 'container/trailer.c', 'ROOT_AT = 88',
             'ROOT_AT = 96', 'an offset in TRAILER')
    claim(trailer(sources), 'FORMAT.md has the offsets of TRAILER')
    finds_in(ustar, lib + 'container/tar_block.c', 'GID_AT = 116',
             'GID_AT = 117', 'an offset in a tar header')
    claim(ustar(sources), 'FORMAT.md has the offsets of a tar header')
    finds_in(version, lib + 'container/header.h', 'CXA_FORMAT_MINOR = 0',
             'CXA_FORMAT_MINOR = 1', 'another version')
    claim(version(sources), 'FORMAT.md has the version of the code')
    finds_in(hashes, records, '9140200840851237001', '9140200840851237002',
             'a wrong hash')
    claim(hashes(sources), 'RECORDS.md has the hashes of data_version 2')
    finds_in(example, 'spec/EXAMPLE.md', '48 01', '48 02', 'a changed byte')
    finds_in(example, spec, '| connections | 14 |', '| connections | 15 |',
             'an example of other boundaries')
    claim(example(sources), 'EXAMPLE.md is an archive whose digests hold')
    print('1..%d' % count)
    return failed != 0


sys.exit(main())
