# store_step.py - a store into an archive and back, beside what people use
"""The rivals are sqlite3's backup or dump with zstd and b2sum, and restic."""
from measure import MEBI, Command, remove, say
from steps import Figure, Step, cortexarc, cost, mb, mbs

BACKUP = 'sqlite3 .backup, zstd -3 -T0, b2sum'
RESTIC = 'restic backup'
LARGE_RUNS = 3  # of which the median counts
DUMP = 'zstd -dc dump.sql.zst, piped into sqlite3'


def shell(graph, name, script, output):
    graph.add(name, ['sh', '-ec', script], output=output)


def commands(graph):
    store = graph.store
    cortexarc(graph, 'pack store', 'pack', store, '-o', 'out.cxa',
              output='out.cxa')
    cortexarc(graph, 'unpack store', 'unpack', graph.archive, '-o', 'out.db',
              output='out.db')
    shell(graph, BACKUP, 'mkdir rival; sqlite3 %s ".backup rival/copy.db"; '
          'zstd -3 -T0 -q rival/copy.db -o rival/copy.db.zst; '
          'b2sum rival/copy.db.zst >rival/sum; sync rival/copy.db.zst'
          % store, 'rival')
    # A repository that is new and empty: as the archive is.
    say('an empty restic repository')
    graph.env.update(RESTIC_PASSWORD='bench', RESTIC_CACHE_DIR=graph.path(
        'restic-cache'))
    graph.do(['restic', '-q', 'init', '-r', 'empty'])
    shell(graph, RESTIC, 'cp -r empty repo; restic -q -r repo backup %s'
          % store, 'repo')
    say('a dump of the store')
    graph.do(['sh', '-ec', 'sqlite3 %s .dump | zstd -3 -T0 -qo dump.sql.zst'
              % store])
    shell(graph, DUMP, 'zstd -dcq dump.sql.zst | sqlite3 rival.db; '
          'sync rival.db', 'rival.db')


def faster(graph, ours, rival, least, size):
    mine, theirs = cost(graph, ours), graph[rival]
    ratio = theirs.wall / mine.wall
    return Figure('%s, beside `%s`' % (
        {'pack store': 'store → archive', 'unpack store': 'archive → store'}
        [ours], rival), '≥ %.0f times as fast' % least,
        '%.2f s, %s of rows' % (mine.wall, mbs(size, mine.wall)),
        '%.2f s' % theirs.wall, '%.1f' % ratio, ratio >= least)


def figures(graph):
    size = graph.raw_bytes(graph.archive)
    yield faster(graph, 'pack store', BACKUP, 2, size)
    yield faster(graph, 'pack store', RESTIC, 3, size)
    yield faster(graph, 'unpack store', DUMP, 3, size)
    others = {BACKUP: graph.size('rival/copy.db.zst'),
              RESTIC: graph.tree_size('repo'), DUMP: graph.size('dump.sql.zst')}
    smallest = min(others, key=others.get)
    ratio = graph.size('out.cxa') / others[smallest]
    yield Figure('archive of the store', '≤ 0.90 of the smallest of theirs',
                 mb(graph.size('out.cxa')),
                 '`%s`: %s' % (smallest, mb(others[smallest])),
                 '%.2f' % ratio, ratio <= 0.9)
    for name in ('pack store', 'unpack store'):
        yield from large_figures(graph, name)


def large_figures(graph, name):
    one = cost(graph, name)
    if not graph.large:
        yield Figure('peak memory of %s' % name, '< 96 MiB',
                     '%.0f MiB' % (one.peak / MEBI),
                     is_met=one.peak < 96 * MEBI)
        return
    many = graph.large.stores[name]
    copies = graph.large.copies
    yield Figure('peak memory of %s, one copy / %d copies' % (name, copies),
                 '< 96 MiB', '%.0f MiB / %.0f MiB' % (one.peak / MEBI,
                                                      many.peak / MEBI),
                 is_met=max(one.peak, many.peak) < 96 * MEBI)
    each = many.wall / copies / one.wall
    yield Figure('time of %s, of %d copies, a copy' % (name, copies),
                 '0.9 – 1.1 of one copy', '%.2f s' % (many.wall / copies),
                 'one copy: %.2f s' % one.wall, '%.2f' % each,
                 0.9 <= each <= 1.1)


def run_large(large):
    """The store of many copies, made from their archive and packed again."""
    graph = large.graph
    large.stores = {
        name: Command(name, [graph.tool, *words], output=words[-1])
        for name, words in (
            ('unpack store', ('unpack', 'big.cxa', '-o', 'big.db')),
            ('pack store', ('pack', 'big.db', '-o', 'big-out.cxa')))}
    for turn in range(LARGE_RUNS):
        for command in large.stores.values():
            say('%d copies, %d of %d: %s' % (large.copies, turn + 1,
                                             LARGE_RUNS, command.name))
            graph.once(command, check=False, keep=True)
    for command in large.stores.values():
        remove(graph.path(command.output))


STORE = Step('store', 'beside sqlite3, zstd and restic', commands, figures,
             True)
