#!/usr/bin/env python3
"""tlog_reader - a reader of C2SP tlog-tiles logs that shares nothing with the project.

    tlog_reader.py URL VKEY        reads the log at URL (a web server) and checks all of it
    tlog_reader.py --proof FILE VKEY

Written from the formats' texts alone: RFC 6962 for the tree, RFC 8032 for Ed25519 (with Python's
integers: slow, and enough for one signature). Prints "size N root BASE64"; any doubt ends it with a
sentence and status 1. Only the standard library.

verify/reader.py, which goes out with every export, has the same arithmetic, written a second time on
purpose: what judges an export here shares no line with what is exported. A mistake in one of them
shows as a difference between the two; so neither takes anything from the other.
"""
import base64
import hashlib
import struct
import sys
import urllib.error
import urllib.request

# --- Ed25519 (RFC 8032, section 6) -------------------------------------------------------------

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_MINUS_1 = pow(2, (P - 1) // 4, P)


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    z = 2 * a[3] * b[3] * D % P
    w = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, w - z, w + z, y + x
    return e * f % P, g * h % P, f * g % P, e * h % P


def mul(n, a):
    r = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            r = add(r, a)
        a = add(a, a)
        n >>= 1
    return r


def equal(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def decompress(s):
    y = int.from_bytes(s, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_MINUS_1 % P
    if (x * x - x2) % P != 0 or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519(public, message, signature):
    a, r = decompress(public), decompress(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    return equal(mul(s, BASE), add(r, mul(h, a)))


# --- the tree ----------------------------------------------------------------------------------


def leaf_hash(entry):
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    if not hashes:
        return hashlib.sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node_hash(root_of(hashes[:k]), root_of(hashes[k:]))


def root_from_proof(index, size, leaf, proof):
    """The recursive definition, not the usual loop."""
    if size == 1:
        assert not proof, "the proof is too long"
        return leaf
    assert proof, "the proof is too short"
    k = 1
    while k * 2 < size:
        k *= 2
    if index < k:
        return node_hash(root_from_proof(index, k, leaf, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_from_proof(index - k, size - k, leaf, proof[:-1]))


# --- notes -------------------------------------------------------------------------------------


def checkpoint(note, vkey):
    name, key_id, key = vkey.split("+", 2)
    key = base64.b64decode(key, validate=True)
    assert key[0] == 1, "the key is not of type 1"
    want = hashlib.sha256(name.encode() + b"\n" + key).digest()[:4]
    assert want.hex() == key_id, "the key id is not the key's"
    at = note.rindex(b"\n\n")
    text, lines = note[: at + 1], note[at + 2 :]
    assert lines.endswith(b"\n")
    good = 0
    for line in lines.decode().splitlines():
        dash, who, value = line.split(" ")
        assert dash == "\u2014"
        value = base64.b64decode(value, validate=True)
        if who == name and value[:4] == want:
            assert ed25519(key[1:], text, value[4:]), "the signature is wrong"
            good += 1
    assert good == 1, "the log did not sign"
    origin, size, root, rest = text.decode().split("\n", 3)
    assert origin == name and rest == "" and str(int(size)) == size
    return int(size), base64.b64decode(root, validate=True)


# --- a log over HTTP ---------------------------------------------------------------------------


def path_of(n):
    groups = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        groups.insert(0, "x%03d" % (n % 1000))
    return "/".join(groups)


def fetch(url, path):
    with urllib.request.urlopen(url + "/" + path, timeout=20) as answer:
        return answer.read()


def tile(url, kind, n, width):
    path = "tile/%s/%s" % (kind, path_of(n))
    return fetch(url, path if width == 256 else "%s.p/%d" % (path, width))


def read_log(url, vkey):
    size, root = checkpoint(fetch(url, "checkpoint"), vkey)
    hashes = []
    for n in range((size + 255) // 256):
        width = min(256, size - 256 * n)
        bundle, entries = tile(url, "entries", n, width), []
        while bundle:
            (length,) = struct.unpack(">H", bundle[:2])
            assert len(bundle) >= 2 + length, "a bundle was cut"
            entries.append(bundle[2 : 2 + length])
            bundle = bundle[2 + length :]
        assert len(entries) == width, "a bundle has %d entries" % len(entries)
        hashes += [leaf_hash(e) for e in entries]
    level, layer = 0, hashes
    while layer:
        for n in range((len(layer) + 255) // 256):
            part = layer[256 * n : 256 * n + 256]
            assert tile(url, str(level), n, len(part)) == b"".join(part), "tile %d/%d" % (level, n)
        layer = [root_of(layer[256 * n : 256 * n + 256]) for n in range(len(layer) // 256)]
        level += 1
    assert root_of(hashes) == root, "the entries do not make the root"
    return size, root


def read_proof(path, vkey):
    with open(path, "rb") as f:
        head, note = f.read().split(b"\n\n", 1)
    lines = head.decode().split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ")
    entry = base64.b64decode(lines[1][6:], validate=True)
    assert lines[2].startswith("index ")
    proof = [base64.b64decode(line, validate=True) for line in lines[3:]]
    size, root = checkpoint(note, vkey)
    index = int(lines[2][6:])
    assert index < size
    assert root_from_proof(index, size, leaf_hash(entry), proof) == root, "no path to the root"
    return size, root


def main():
    try:
        if sys.argv[1] == "--proof":
            size, root = read_proof(sys.argv[2], sys.argv[3])
        else:
            size, root = read_log(sys.argv[1].rstrip("/"), sys.argv[2])
    except (AssertionError, ValueError, OSError, urllib.error.URLError) as why:
        sys.exit("tlog_reader: %s" % why)
    print("size %d root %s" % (size, base64.b64encode(root).decode()))


main()
