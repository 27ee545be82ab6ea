# SPDX-License-Identifier: Apache-2.0
"""A switch's shared memory, opened behind its back: through the fds of the process that holds it. For tests that damage what nobody should.

The places come from sync/layout/abi.golden, which is what was compiled."""

import mmap
import os
import re
import struct

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAP_NORESERVE = 0x4000   # most of a large arena has no memory, and gets none by being mapped
RECORD = struct.Struct('<IIQQBBHI')   # crc length term sequence subsystem flags subtype pad: JournalRecordHeader


def layout():
    """{struct: {field: (offset, size)}} of every shared struct."""
    structs, current = {}, None
    with open(os.path.join(ROOT, 'sync/layout/abi.golden')) as file:
        for line in file:
            if head := re.match(r'([\w:]+): (\d+) bytes', line):
                current = structs[head[1]] = {'': (0, int(head[2]))}
            elif field := re.match(r' +(\d+) +(\d+)  (\w+)', line):
                current[field[3]] = (int(field[1]), int(field[2]))
    return structs


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


class Arena:
    """The arena of that name ("journal", "tables"), held writable by process `pid`."""

    def __init__(self, pid, name):
        self.layout = layout()
        folder = f'/proc/{pid}/fd'
        for entry in os.listdir(folder):
            path = os.path.join(folder, entry)
            if not os.readlink(path).startswith(f'/memfd:baton:{name} '):
                continue
            try:
                fd = os.open(path, os.O_RDWR)
            except OSError:
                continue
            self.memory = mmap.mmap(fd, os.fstat(fd).st_size, flags=mmap.MAP_SHARED | MAP_NORESERVE)
            os.close(fd)
            return
        raise RuntimeError(f'process {pid} holds no arena {name}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.memory.close()

    def word(self, struct_name, field):
        offset, size = self.layout[struct_name][field]
        return int.from_bytes(self.memory[offset:offset + size], 'little')


class Journal(Arena):
    """Its records, to be changed in place. A position is a count of bytes since the beginning of time."""

    def __init__(self, chassis_pid):
        super().__init__(chassis_pid, 'journal')
        self.begin = self.layout['JournalArena'][''][1]
        self.capacity = self.word('JournalArena', 'capacity')

    def head(self):
        return self.word('JournalArena', 'head')

    def read(self, position, size):
        return bytes(self.memory[self.begin + (position + i) % self.capacity] for i in range(size))

    def write(self, position, data):
        for i, byte in enumerate(data):
            self.memory[self.begin + (position + i) % self.capacity] = byte

    def flip(self, position):
        self.write(position, bytes([self.read(position, 1)[0] ^ 0x10]))

    def records(self, position):
        """(position, header, payload) of every record from `position` to the head."""
        while position < self.head():
            header = RECORD.unpack(self.read(position, RECORD.size))
            payload = self.read(position + RECORD.size, header[1])
            yield position, header, payload
            position += RECORD.size + (header[1] + 7) // 8 * 8

    def rewrite(self, position, subtype=None, payload=None):
        """The record there becomes another one, with a CRC that is right: as a master would have written it that meant it."""
        header = list(RECORD.unpack(self.read(position, RECORD.size)))
        old = self.read(position + RECORD.size, header[1])
        payload = old if payload is None else payload
        assert len(payload) == len(old)
        header[6] = header[6] if subtype is None else subtype
        rest = RECORD.pack(*header)[4:] + payload
        self.write(position, struct.pack('<I', crc32c(rest)) + rest)
