# steps.py - what is measured: a step a group of figures
"""A step names its commands, which all run in the same rounds, and makes
figures of them afterwards. STEPS at the end lists them all."""
import dataclasses
import os
import random
import statistics
from collections.abc import Callable

from graph import SYNSETS
from measure import MEBI, remove, say


@dataclasses.dataclass
class Figure:
    """A row of the table; is_met None: nothing was asked of it."""
    what: str
    asked: str
    measured: str
    rival: str = '–'
    ratio: str = '–'
    is_met: bool | None = None


def rate(count, seconds):
    return count / seconds / 1e6


def mbs(count, seconds):
    return '%.0f MB/s' % rate(count, seconds)


def mb(count):
    return '%.1f MB' % (count / 1e6)


def threads_of(count):
    return '1 thread' if count == 1 else '%d threads' % count


def cortexarc(graph, name, *words, threads=None, **more):
    """A command of the tool; by default with all threads."""
    threads = threads or graph.processors
    graph.add('%s, %s' % (name, threads_of(threads)),
              [graph.tool, *words, '--threads', str(threads)], **more)


def cost(graph, name, threads=None):
    return graph['%s, %s' % (name, threads_of(threads or graph.processors))]


# pack from JSON

FORMS = {'JSON': 'json', 'NDJSON': 'ndjson'}


def packing(graph, form, threads=None):
    cortexarc(graph, 'pack ' + form, 'pack', getattr(graph, FORMS[form]),
              '-o', 'out.cxa', threads=threads, output='out.cxa',
              same_as=graph.archive)


def pack_commands(graph):
    for form in FORMS:
        packing(graph, form, 1)
        packing(graph, form)
    graph.add('zstd -3 of the JSON', ['zstd', '-3', '-qc',
                                      graph.json], stdout='json.zst')


def pack_figures(graph):
    zstd = graph['zstd -3 of the JSON']
    size = graph.size(graph.json)
    for form in FORMS:
        one, all_ = cost(graph, 'pack ' + form, 1), cost(graph, 'pack ' + form)
        yield Figure('pack from %s, a core' % form, '≥ 150 MB/s of JSON',
                     mbs(size, one.cpu),
                     '`zstd -3` of it: ' + mbs(size, zstd.cpu),
                     '%.2f' % (zstd.cpu / one.cpu),
                     rate(size, one.cpu) >= 150)
        yield Figure('pack from %s, by the clock' % form, '–',
                     '%s with %s, %s with 1' % (
                         mbs(size, all_.wall), threads_of(graph.processors),
                         mbs(size, one.wall)))


# archive to archive

TARGETS = ('a file, fsynced', '/dev/null')


def archive_commands(graph):
    cortexarc(graph, 'pack archive', 'pack', graph.archive, '-o', 'out.cxa',
              output='out.cxa', same_as=graph.archive)
    cortexarc(graph, 'pack archive to /dev/null', 'pack', graph.archive,
              '-o', '-')
    graph.add('zstd -3 -T0 of the raw batches, to ' + TARGETS[0],
              ['sh', '-c', 'zstd -3 -T0 -q %s -o raw.zst && sync raw.zst'
               % graph.raw], output='raw.zst')
    graph.add('zstd -3 -T0 of the raw batches, to ' + TARGETS[1],
              ['zstd', '-3', '-T0', '-qc', graph.raw])


def archive_figures(graph):
    size = graph.raw_bytes(graph.archive)
    ours = ('pack archive', 'pack archive to /dev/null')
    for name, target in zip(ours, TARGETS):
        mine = cost(graph, name)
        zstd = graph['zstd -3 -T0 of the raw batches, to ' + target]
        ratio = zstd.wall / mine.wall
        yield Figure('archive → archive, to ' + target,
                     '≥ 0.5 of `zstd -3 -T0` on the raw batches',
                     mbs(size, mine.wall), mbs(size, zstd.wall),
                     '%.2f' % ratio, ratio >= 0.5)


# size: no time is taken of what it runs

def size_commands(graph):
    for _ in (graph.archive, graph.rows):
        pass


def size_figures(graph):
    say('zstd -3 of the rows')
    graph.do(['zstd', '-3', '-qc', graph.rows], 'rows.zst')
    say('gzip -6 of the JSON')
    graph.do(['gzip', '-6', '-c', graph.json], 'json.gz')
    size = graph.size(graph.archive)
    for rival, name, most in (
            ('`zstd -3` of the records as rows', 'rows.zst', 0.90),
            ('`gzip -6` of the JSON', 'json.gz', 0.60)):
        ratio = size / graph.size(name)
        yield Figure('archive size', '≤ %.2f of %s' % (most, rival), mb(size),
                     mb(graph.size(name)), '%.3f' % ratio, ratio <= most)
        remove(graph.path(name))
    yield Figure('the graph itself', '–', 'JSON %s, rows %s' % (
        mb(graph.size(graph.json)), mb(graph.size(graph.rows))))


# verify

def verify_commands(graph):
    for threads in (1, 2):
        cortexarc(graph, 'verify bytes', 'verify', graph.archive, '--level',
                  'bytes', threads=threads)
    verify_records(graph, 1)
    verify_records(graph)
    graph.add('b2sum -c', ['b2sum', '-c', '--quiet', 'B2SUMS'],
              cwd=graph.members)
    graph.add('zstd -t of the batches', ['zstd', '-tq'] + graph.batches,
              cwd=graph.members)


def verify_records(graph, threads=None):
    cortexarc(graph, 'verify records', 'verify', graph.archive, '--level',
              'records', threads=threads)


def verify_figures(graph):
    size, rival = graph.size(graph.archive), graph['b2sum -c']
    for threads, least in ((1, 1.0), (2, 1.8)):
        mine = cost(graph, 'verify bytes', threads)
        ratio = rival.wall / mine.wall
        yield Figure('verify --level bytes, ' + threads_of(threads),
                     '≥ %.1f of `b2sum -c` of the members' % least,
                     mbs(size, mine.wall), mbs(size, rival.wall),
                     '%.2f' % ratio, ratio >= least)
    raw = graph.raw_bytes(graph.archive)
    one, all_ = cost(graph, 'verify records', 1), cost(graph, 'verify records')
    zstd = graph['zstd -t of the batches']
    yield Figure('verify --level records, a core', '≥ 250 MB/s of raw records',
                 mbs(raw, one.cpu), '`zstd -t` alone: ' + mbs(raw, zstd.cpu),
                 '%.2f' % (zstd.cpu / one.cpu), rate(raw, one.cpu) >= 250)
    yield Figure('verify --level records, by the clock', '–',
                 '%s with %s, %s with 1' % (
                     mbs(raw, all_.wall), threads_of(graph.processors),
                     mbs(raw, one.wall)))


# memory: of one copy in the rounds, of many copies once

def memory_commands(graph):
    for form in FORMS:
        packing(graph, form)
    cortexarc(graph, 'pack archive', 'pack', graph.archive, '-o', 'out.cxa',
              output='out.cxa', same_as=graph.archive)
    cortexarc(graph, 'unpack JSON', 'unpack', graph.archive, '-o', 'out.json',
              output='out.json', same_as=graph.json)
    cortexarc(graph, 'unpack NDJSON', 'unpack', graph.archive, '-o',
              'out-lines/', output='out-lines')
    verify_records(graph)


MEMORY = ('pack JSON', 'pack NDJSON', 'pack archive', 'unpack JSON',
          'unpack NDJSON', 'verify records')


def memory_figures(graph):
    many = graph.large.peaks if graph.large else {}
    for name in MEMORY:
        peaks = [cost(graph, name).peak]
        words = 'one copy'
        if name in many:
            peaks.append(many[name])
            words += ' / %d copies' % graph.large.copies
        yield Figure('peak memory of %s, %s' % (name, words), '< 96 MiB',
                     ' / '.join('%.0f MiB' % (p / MEBI) for p in peaks),
                     is_met=max(peaks) < 96 * MEBI)
    for name, wall in graph.large.walls.items() if graph.large else ():
        each = wall / graph.large.copies / cost(graph, name).wall
        yield Figure('time of %s, of %d copies, a copy' %
                     (name, graph.large.copies), '0.9 – 1.1 of one copy',
                     '%.1f s' % (wall / graph.large.copies),
                     'one copy: %.1f s' % cost(graph, name).wall, '%.2f' % each,
                     is_met=0.9 <= each <= 1.1)


class Large:
    """The graph many times over: peaks of memory; the archive for get."""

    def __init__(self, graph, copies):
        self.graph, self.copies = graph, copies
        self.concepts = copies * SYNSETS
        self.peaks, self.walls = {}, {}
        say('making %d copies' % copies)
        graph.do([graph.maker, '--copies', str(copies), '-o', 'big.cxa'])

    def note(self, name, run):
        self.peaks[name] = run.peak

    def run(self):
        tool, graph = self.graph.tool, self.graph
        self.once('verify records', 'verify', 'big.cxa')
        self.once('pack archive', 'pack', 'big.cxa', '-o', 'big-out.cxa')
        remove(graph.path('big-out.cxa'))
        say('%d copies: JSON through a pipe' % self.copies)
        unpack, pack = graph.pipe(
            [tool, 'unpack', 'big.cxa', '--format', 'json', '-o', '-'],
            [tool, 'pack', '-', '-o', 'big-out.cxa'])
        self.note('unpack JSON', unpack)
        self.note('pack JSON', pack)
        remove(graph.path('big-out.cxa'))
        # As NDJSON it is 0.9 GB a copy, and its spool a third of that.
        if graph.free() < 2e9 * self.copies:
            return
        self.once('unpack NDJSON', 'unpack', 'big.cxa', '-o', 'big-lines/')
        self.once('pack NDJSON', 'pack', 'big-lines', '-o', 'big-out.cxa')
        remove(graph.path('big-lines'))
        remove(graph.path('big-out.cxa'))

    def once(self, name, *words):
        say('%d copies: %s' % (self.copies, name))
        run = self.graph.do([self.graph.tool, *words])
        self.note(name, run)
        self.walls[name] = run.wall


# get

def nothing(graph):
    """A step without commands in the rounds."""


def get_figures(graph):
    if not graph.large:
        return
    say('getting single records')
    warm = get_times(graph, False)
    cold = get_times(graph, True)
    count = '{:,}'.format(graph.large.concepts)
    yield Figure('get one of %s concepts' % count, '< 15 ms',
                 '%.1f ms (19 of 20 under %.1f)' % middle(warm),
                 is_met=statistics.median(warm) < 15)
    yield Figure('the same, the archive not in the page cache', '–',
                 '%.1f ms (19 of 20 under %.1f)' % middle(cold))


def middle(times):
    return statistics.median(times), statistics.quantiles(times, n=20)[-1]


def get_times(graph, is_cold):
    """Milliseconds of processes that get one record each, ids at random."""
    choose = random.Random(4711)
    times = []
    for _ in range(100):
        if is_cold:
            forget(graph.path('big.cxa'))
        concept = str(choose.randint(1, graph.large.concepts))
        run = graph.do([graph.tool, 'get', 'concepts', concept, 'big.cxa'])
        times.append(run.wall * 1000)
    return times


def forget(path):
    """Have the kernel drop the file's pages."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


@dataclasses.dataclass
class Step:
    name: str
    help: str
    commands: Callable
    figures: Callable
    needs_large: bool = False


STEPS = (
    Step('pack', 'from JSON and NDJSON', pack_commands, pack_figures),
    Step('archive', 'archive to archive, beside zstd', archive_commands,
         archive_figures),
    Step('size', 'beside zstd of rows and gzip of JSON', size_commands,
         size_figures),
    Step('verify', 'bytes beside b2sum; records', verify_commands,
         verify_figures),
    Step('get', 'one record of a million', nothing, get_figures, True),
    Step('memory', 'peaks of pack, unpack and verify', memory_commands,
         memory_figures, True),
)
