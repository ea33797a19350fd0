"""unsupported.py - sound archives that this version of the format cannot read"""
from forge import Archive, Member, b, concept, header, metadata, u
from table import vector


def head(name, why, verify=None, unpack=None, trailer=None, **fields):
    @vector('unsupported-' + name, why, '-', verify, unpack)
    def _():
        archive = Archive(header(**fields)).add('concepts',
                                                [(1, concept(1))])
        archive.trailer = trailer or archive.trailer
        return archive


def major(version):
    return lambda data: data[:16] + bytes([version]) + data[17:]


head('major-2', 'the next major version', n1=u(1, 2), trailer=major(2))
head('major-255', 'a major version far off', n1=u(1, 255),
     trailer=major(255))
head('major-huge', 'a major version over 32 bits', n1=u(1, 1 << 40),
     trailer=major(2))
head('major-header', 'the next major version, by the header alone',
     n1=u(1, 2))
head('major-trailer', 'the next major version, by the trailer alone',
     trailer=major(2))
head('major-shape', 'a header whose other fields have another shape',
     n1=u(1, 2), n7=u(7, 7), n8=None, n11=None, n40=b(40, 'new'),
     trailer=major(2))
head('list', 'a feature that listing needs', n3=b(3, 'sparkles'))
head('list-two', 'one feature known to nobody of two',
     n3=b(3, 'glitter') + b(3, 'sparkles'))
head('encrypted', 'the reserved feature "encrypted"', n3=b(3, 'encrypted'))
head('incremental', 'the reserved feature "incremental"',
     n3=b(3, 'incremental'), n14=b(14, bytes(32)))
head('restore', 'a feature that restoring needs: its bytes can be verified, '
     'its records not', n4=b(4, 'sparkles'))
head('rewrite', 'a feature that only rewriting needs: it can be restored',
     verify=0, unpack=0, n5=b(5, 'sparkles'))


@vector('unsupported-members', 'a feature that listing needs, and a member of '
        'it: too new, not damaged')
def _():
    archive = Archive(header(n3=b(3, 'sparkles')))
    archive.edit_members = lambda members: (
        members[:2] + [Member('sparkles/00000000', b'hello')] + members[2:])
    return archive


head('data-version-3', 'records of a data version yet to come',
     n11=b(11, metadata(n4=u(4, 3))))
head('data-version-huge', 'a data version over 32 bits',
     n11=b(11, metadata(n4=u(4, 1 << 33))))
head('hash', 'another digest', n7=b(7, 'BLAKE3'))
head('feature-and-major', 'a newer major version is what is told',
     n1=u(1, 3), n3=b(3, 'sparkles'), trailer=major(3))
