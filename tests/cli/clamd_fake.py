"""clamd_fake.py SOCKET FILE WORD - answers as clamd does, from FILE's text: what VERSION is, read anew for each question.
Content that has WORD is FOUND. A socket of this name appears when it listens."""
import os
import socket
import struct
import sys

where, version, word = sys.argv[1], sys.argv[2], sys.argv[3].encode()


def get(s, n):
    data = b''
    while len(data) < n:
        more = s.recv(n - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def answer(s):
    ask = b''
    while not ask.endswith(b'\0'):
        ask += get(s, 1)
    if ask == b'zVERSION\0':
        s.sendall(open(version, 'rb').read().strip() + b'\0')
    elif ask == b'zINSTREAM\0':
        data = b''
        while (n := struct.unpack('>I', get(s, 4))[0]):
            data += get(s, n)
        s.sendall((b'stream: Test.Word FOUND' if word in data else b'stream: OK') + b'\0')


listening = socket.socket(socket.AF_UNIX)
listening.bind(where + '.new')
listening.listen(16)
os.rename(where + '.new', where)
while True:
    one, _ = listening.accept()
    try:
        answer(one)
    except (EOFError, OSError):
        pass
    one.close()
