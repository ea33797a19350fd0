#!/usr/bin/env python3
# sparse.py - a healthy graph whose ids lie anywhere below 2^64, as JSON
"""sparse.py ONE.json COUNT: the first records of ONE.json COUNT times.

Each id is at random in its own stretch of the range, so no two distances are
alike; a connection joins two concepts far apart. Nothing else refers to
anything: what is measured is what the ids cost.
"""
import json
import random
import sys


def text(record, *slots):
    """The record as a format in which these members stand as %d, in order."""
    marks = [10 ** 15 + number for number, _ in enumerate(slots)]
    for mark, name in zip(marks, slots):
        record[name] = mark
    form = json.dumps(record).replace('%', '%%')
    for mark in marks:
        form = form.replace(str(mark), '%d', 1)
    return form


def write(out, name, form, rows):
    out.write('"%s":[' % name)
    comma = ''
    for row in rows:
        out.write(comma + form % row)
        comma = ','
    out.write('],')


def main():
    with open(sys.argv[1]) as source:
        graph = json.load(source)
    count = int(sys.argv[2])
    stretch = (2 ** 64 - 2) // count
    choose = random.Random(4711)
    ids = [1 + i * stretch + choose.randrange(stretch) for i in range(count)]

    concept, column = graph['concepts'][0], graph['columns'][0]
    connection = graph['connections'][0]
    concept['metadata']['source']['parent_concept_id'] = None
    concept['metadata']['connections'] = []
    for vector in ('semantic_vector', 'neural_signature', 'context_vector'):
        concept['embeddings'][vector] = [1.0]
    column['position']['neighbors'] = []
    for kind in column['connections']:
        column['connections'][kind] = []
    totals = ('total_columns', 'total_concepts', 'total_connections')
    for name in totals:
        graph['metadata'][name] = count
    for name in totals + ('allocated_columns',):
        graph['system_state']['cortical_state'][name] = count

    out = sys.stdout
    out.write('{"metadata":%s,' % json.dumps(graph['metadata']))
    write(out, 'concepts',
          text(concept, 'id', 'column_id'),
          ((i, i) for i in ids))
    write(out, 'columns',
          text(column, 'id', 'allocated_concept_id'),
          ((i, i) for i in ids))
    write(out, 'connections',
          text(connection, 'id', 'source_id', 'target_id'),
          ((i, ids[n * 7919 % count], ids[(n * 7919 + 1) % count])
           for n, i in enumerate(ids)))
    out.write('"system_state":%s,"query_cache":[],"sync_queue":[]}\n' %
              json.dumps(graph['system_state']))


if __name__ == '__main__':
    main()
