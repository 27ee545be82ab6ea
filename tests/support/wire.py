# SPDX-License-Identifier: Apache-2.0
"""The peer's end of a wire, in Python: slow, but it can send what no kernel interface lets through (runts, cut tags). The layout is
sync/layout/wire.h's, the way to the fd sync/channel/backplane.h's (a `want` note at the chassis's door)."""

import array
import mmap
import os
import socket
import struct

NOTE = struct.Struct('=IIQII64s128s')          # type slot term cause hard name text
WANT, GIVE = 5, 2
GEOMETRY, PEER_UP, SWITCH_UP = 64, 72, 76        # behind the 64-byte arena header
LANES, LANE_SIZE, TAIL, SLOTS = 128, 128, 64, 384   # lane: head at 0, tail at 64
IN, OUT = 0, 1                                  # lane 0 runs towards the switch


class Wire:
    def __init__(self, door, port):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as chassis:
            chassis.settimeout(5)
            chassis.connect(door)
            name = f'port/{port}/wire'
            chassis.send(NOTE.pack(WANT, 0, 0, 0, 0, name.encode(), b''))
            note, ancillary, _, _ = chassis.recvmsg(NOTE.size, socket.CMSG_SPACE(4))
        kind = NOTE.unpack(note)[0]
        if kind != GIVE or not ancillary:
            raise RuntimeError(f'the chassis has no {name}: {NOTE.unpack(note)[6].decode().rstrip(chr(0))}')
        fd = array.array('i', ancillary[0][2])[0]
        self._memory = mmap.mmap(fd, os.fstat(fd).st_size)
        os.close(fd)
        self._words = memoryview(self._memory).cast('Q')   # whole 8-byte loads and stores; struct's are byte by byte
        self.slots, self.slot_size = struct.unpack_from('=II', self._memory, GEOMETRY)
        while self.receive():
            pass   # what the last peer left
        self.set_link(True)

    def set_link(self, up):
        struct.pack_into('=I', self._memory, PEER_UP, 1 if up else 0)

    def _cursor(self, lane, which):
        return self._words[(LANES + lane * LANE_SIZE + which) // 8]

    def _set_cursor(self, lane, which, value):
        self._words[(LANES + lane * LANE_SIZE + which) // 8] = value

    def _slot(self, lane, position):
        return SLOTS + (lane * self.slots + position % self.slots) * self.slot_size

    def send(self, frames):
        """As many of `frames` (bytes) as there is room for; how many that were."""
        head, tail = self._cursor(IN, 0), self._cursor(IN, TAIL)
        taken = frames[:self.slots - (head - tail)]
        for n, frame in enumerate(taken):
            at = self._slot(IN, head + n)
            struct.pack_into('=II', self._memory, at, len(frame), 0)
            self._memory[at + 8:at + 8 + len(frame)] = frame
        self._set_cursor(IN, 0, head + len(taken))
        return len(taken)

    def receive(self):
        """All frames that wait, as bytes."""
        head, tail = self._cursor(OUT, 0), self._cursor(OUT, TAIL)
        frames = []
        for position in range(tail, head):
            at = self._slot(OUT, position)
            size = struct.unpack_from('=I', self._memory, at)[0]
            frames.append(self._memory[at + 8:at + 8 + size])
        self._set_cursor(OUT, TAIL, head)
        return frames

    def close(self):
        self.set_link(False)
        self._words.release()
        self._memory.close()
