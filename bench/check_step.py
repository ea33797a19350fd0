# check_step.py - the integrity rules: their time, and their memory
"""The rival is `restic check --read-data`, which reads as much and knows of no
graph. Ids anywhere in the range of u64 are the worst case for memory."""
import os
import sys

from measure import MEBI, remove, say
from steps import Figure, Step, cortexarc, cost, rate, verify_records

RESTIC_CHECK = 'restic check --read-data'
SPARSE = 1_000_000


def commands(graph):
    verify_records(graph)
    for threads in (1, None):
        cortexarc(graph, 'verify graph', 'verify', graph.archive,
                  threads=threads)
    say('a restic repository of the store')
    graph.env.update(RESTIC_PASSWORD='bench', RESTIC_CACHE_DIR=graph.path(
        'restic-cache'))
    graph.do(['restic', '-q', 'init', '-r', 'checked'])
    graph.do(['restic', '-q', '-r', 'checked', 'backup', graph.store])
    graph.add(RESTIC_CHECK,
              ['restic', '-q', '-r', 'checked', 'check', '--read-data'])


def checks_of(graph, archive):
    return graph.answer('verify', '--json', archive)['total_checks']


def figures(graph):
    mine, rival = cost(graph, 'verify graph'), graph[RESTIC_CHECK]
    ratio = mine.wall / cost(graph, 'verify records').wall
    yield Figure('verify with all rules', '≤ 1.5 of verify --level records',
                 '%.2f s' % mine.wall, ratio='%.2f' % ratio,
                 is_met=ratio <= 1.5)
    yield Figure('verify with all rules, beside `%s`' % RESTIC_CHECK,
                 'less time', '%.2f s' % mine.wall, '%.2f s' % rival.wall,
                 '%.2f' % (mine.wall / rival.wall), mine.wall < rival.wall)
    # Reading, decompressing and decoding are in it, too.
    speed = rate(checks_of(graph, graph.archive),
                 cost(graph, 'verify graph', 1).cpu)
    yield Figure('checks, a core', '≥ 2 million a second',
                 '%.1f million' % speed, is_met=speed >= 2)
    if graph.large:
        yield sparse_figure(graph)


def sparse_figure(graph):
    say('a million concepts, columns and connections with ids far apart')
    graph.do([graph.tool, 'unpack', graph.archive, '--ids', '0-1', '-o',
              'one.json'])
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          'sparse.py')
    graph.pipe([sys.executable, script, 'one.json', str(SPARSE)],
               [graph.tool, 'pack', '-', '-o', 'sparse.cxa'])
    run = graph.do([graph.tool, 'verify', 'sparse.cxa'])
    remove(graph.path('sparse.cxa'))
    return Figure('peak memory of verify, a million concepts, columns and '
                  'connections, ids anywhere below 2^64', '< 96 MiB',
                  '%.0f MiB' % (run.peak / MEBI), is_met=run.peak < 96 * MEBI)


CHECK = Step('check', 'the integrity rules, beside restic check', commands,
             figures, True)
