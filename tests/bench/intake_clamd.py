"""intake_clamd.py SOCKET LIST PARALLEL - every file of LIST (names that end with NUL) to clamd by INSTREAM; a line for each."""
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor


def scan(path):
    with open(path, 'rb') as f:
        data = f.read()
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(b'zINSTREAM\0' + struct.pack('>I', len(data)) + data + (struct.pack('>I', 0) if data else b''))
    answer = b''
    while not answer.endswith(b'\0'):
        more = s.recv(4096)
        if not more:
            break
        answer += more
    s.close()
    return answer.rstrip(b'\0').decode()


names = open(sys.argv[2], 'rb').read().split(b'\0')[:-1]
with ThreadPoolExecutor(int(sys.argv[3])) as pool:
    for line in pool.map(scan, names):
        print(line)
