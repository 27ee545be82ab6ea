#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a host in a namespace does, run there by `ip netns exec`:

  serve PORT                    takes TCP connections; answers each with the SHA-256 of all it sent
  send HOST PORT BYTES SECONDS  sends BYTES pseudo-random bytes evenly over SECONDS; prints as JSON whether the digest that comes back is right
  watch INTERFACE MAC           counts unicast frames to MAC that come in at INTERFACE, until its standard input closes
"""

import hashlib
import json
import random
import select
import socket
import struct
import sys
import time

CHUNK = 16 * 1024
TCP_INFO_RETRANSMITS = 100   # offset of tcpi_total_retrans in struct tcp_info


def serve(port):
    listener = socket.create_server(('0.0.0.0', port))
    print('listening', flush=True)
    while True:
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(30)
            digest = hashlib.sha256()
            try:
                while piece := connection.recv(1 << 16):
                    digest.update(piece)
                connection.sendall(digest.hexdigest().encode())
            except OSError:
                pass


def send(host, port, size, seconds):
    source, digest, sent, started = random.Random(size), hashlib.sha256(), 0, time.monotonic()
    with socket.create_connection((host, port), timeout=15) as connection:
        connection.settimeout(30)
        while sent < size:
            piece = source.randbytes(min(CHUNK, size - sent))
            connection.sendall(piece)
            digest.update(piece)
            sent += len(piece)
            ahead = started + seconds * sent / size - time.monotonic()
            if ahead > 0:
                select.select([], [], [], ahead)   # evenly: a burst would fill queues that no failover fills
        connection.shutdown(socket.SHUT_WR)
        answer = b''
        while piece := connection.recv(256):
            answer += piece
        info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    print(json.dumps({'bytes': sent, 'intact': answer.decode() == digest.hexdigest(), 'seconds': time.monotonic() - started,
                      'retransmits': struct.unpack_from('=I', info, TCP_INFO_RETRANSMITS)[0]}))


def watch(interface, mac):
    address = bytes.fromhex(mac.replace(':', ''))
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as sniffer:
        sniffer.bind((interface, 0))
        promiscuous = struct.pack('IHH8s', socket.if_nametoindex(interface), 1, 0, b'')
        sniffer.setsockopt(263, 1, promiscuous)   # SOL_PACKET, PACKET_ADD_MEMBERSHIP
        print('watching', flush=True)
        seen = 0
        while True:
            ready = select.select([sniffer, sys.stdin], [], [])[0]
            if sniffer in ready:
                frame, (_, _, kind, _, _) = sniffer.recvfrom(65535)
                seen += frame[:6] == address and kind != socket.PACKET_OUTGOING
            elif not sys.stdin.readline():
                break
    print(json.dumps({'seen': seen}))


def main():
    what, *rest = sys.argv[1:]
    if what == 'serve':
        serve(int(rest[0]))
    elif what == 'send':
        send(rest[0], int(rest[1]), int(rest[2]), float(rest[3]))
    elif what == 'watch':
        watch(rest[0], rest[1])


if __name__ == '__main__':
    main()
