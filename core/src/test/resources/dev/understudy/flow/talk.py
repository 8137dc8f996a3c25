"""Makes the traffic of the captures in this folder; README.md has the commands.

talk.py ADDRESS PORT SEED BYTES [lose]: one connection, both ways, cut at random. With "lose" both
sockets drop one segment of eight before TCP sees it (a filter on the socket), behind the capture:
so the capture shows the lost segment as well as its retransmission.
"""

import ctypes
import random
import socket
import struct
import sys
import threading
import time

host, port, seed, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
lose = len(sys.argv) > 5
family = socket.AF_INET6 if ":" in host else socket.AF_INET
chance = random.Random(seed)

# ld random; jgt 2^29; ret all; ret 0
PROGRAM = [(0x20, 0, 0, 0xFFFFF000 + 56), (0x25, 0, 1, 1 << 29), (6, 0, 0, 0xFFFFFFFF), (6, 0, 0, 0)]
CODE = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *i) for i in PROGRAM))
SO_ATTACH_FILTER = 26


def prepared(s):
    if lose:
        program = struct.pack("HP", len(PROGRAM), ctypes.addressof(CODE))
        s.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    return s


def lines(size, who):
    out = b""
    number = 0
    while len(out) < size:
        out += b"%s line %06d %s\n" % (who, number, b"x" * chance.randrange(60))
        number += 1
    return out[:size]


def send(s, data, most, pause):
    at = 0
    while at < len(data):
        size = chance.randrange(1, most)
        s.sendall(data[at : at + size])
        at += size
        time.sleep(pause)
    s.shutdown(socket.SHUT_WR)


def read(s):
    while s.recv(65536):
        pass


request, response = lines(total // 4, b"client"), lines(total, b"server")
listener = prepared(socket.create_server((host, port), family=family))


def serve():
    s, _ = listener.accept()
    sender = threading.Thread(target=send, args=(s, response, 6000, 0.002))
    sender.start()
    read(s)
    sender.join()
    s.close()


server = threading.Thread(target=serve)
server.start()
client = prepared(socket.socket(family))
client.connect((host, port))
reader = threading.Thread(target=read, args=(client,))
reader.start()
send(client, request, 3000, 0.003)
reader.join()
client.close()
server.join()
