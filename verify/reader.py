#!/usr/bin/env python3
"""reader - reads this log without the program that wrote it. Python 3, its standard library alone.

    reader.py log DIR VKEY        checks the whole folder: entries, tiles, root, the log's signature
    reader.py proof FILE VKEY     checks a receipt (.tlog-proof) of one entry
    reader.py open NAME VKEY      checks NAME.tlog-proof and reads the entry with NAME.keys

VKEY is the log's public key, from paper and not from this folder. Prints what it found; any doubt
ends it with a sentence and status 1. What it cannot know: whether the key of a signature inside an
entry is that person's (earlier entries of the log say so), whether the log was called something
else before it lost entries (key-change.N beside an export says so), and whether the log was cut back or
written anew (an older checkpoint, a receipt, or a witness's cosignature shows that).

It is slow on purpose: every step as the formats say it (formats.txt beside it, README.txt), so that
it can be read, and written again in another language.
"""
import base64
import hashlib
import os
import struct
import sys

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


# --- a log in a folder --------------------------------------------------------------------------


def path_of(n):
    groups = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        groups.insert(0, "x%03d" % (n % 1000))
    return "/".join(groups)


def tile(folder, kind, n, width):
    """The partial one of that width, or the first part of a full one."""
    path = os.path.join(folder, "tile", kind, path_of(n))
    if width < 256 and not os.path.exists(path):
        path = "%s.p/%d" % (path, width)
    with open(path, "rb") as f:
        return f.read()


def read_bundle(folder, n, width):
    bundle, entries = tile(folder, "entries", n, width), []
    while bundle and len(entries) < width:
        (length,) = struct.unpack(">H", bundle[:2])
        assert len(bundle) >= 2 + length, "bundle %d was cut" % n
        entries.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    assert len(entries) == width, "bundle %d has %d entries" % (n, len(entries))
    return entries


def read_log(folder, vkey):
    with open(os.path.join(folder, "checkpoint"), "rb") as f:
        size, root = checkpoint(f.read(), vkey)
    hashes = []
    for n in range((size + 255) // 256):
        hashes += [leaf_hash(e) for e in read_bundle(folder, n, min(256, size - 256 * n))]
    level, layer = 0, hashes
    while layer:
        for n in range((len(layer) + 255) // 256):
            part = b"".join(layer[256 * n : 256 * n + 256])
            have = tile(folder, str(level), n, len(part) // 32)
            assert have[: len(part)] == part, "tile %d/%d is not that of the entries" % (level, n)
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
    return size, root, index, entry


# --- opening an entry ----------------------------------------------------------------------------


def blake(label, key, *fields):
    """BLAKE2b-256 of label and fields, each after its length as eight bytes, the lower first."""
    h = hashlib.blake2b(digest_size=32, key=key)
    for part in (label.encode(),) + fields:
        h.update(struct.pack("<Q", len(part)) + part)
    return h.digest()


def quarter(s, a, b, c, d):
    for x, y, z, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = (s[x] + s[y]) & 0xFFFFFFFF
        v = s[z] ^ s[x]
        s[z] = (v << turn | v >> (32 - turn)) & 0xFFFFFFFF


def rounds(state):
    s = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")


def hchacha(key, nonce):
    s = rounds(CONSTANTS + struct.unpack("<8I", key) + struct.unpack("<4I", nonce))
    return struct.pack("<8I", *(s[:4] + s[12:]))


def chacha(key, nonce, count, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        start = CONSTANTS + struct.unpack("<8I", key) + (count,) + struct.unpack("<3I", nonce)
        words = [(a + b) & 0xFFFFFFFF for a, b in zip(rounds(start), start)]
        block = struct.pack("<16I", *words)
        out += bytes(x ^ y for x, y in zip(data[at : at + 64], block))
        count += 1
    return bytes(out)


def poly1305(key, data):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    s, total = int.from_bytes(key[16:], "little"), 0
    for at in range(0, len(data), 16):
        total = (total + int.from_bytes(data[at : at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + s) % 2**128).to_bytes(16, "little")


def pad16(data):
    return data + b"\0" * (-len(data) % 16)


def xchacha_open(key, nonce, ad, sealed):
    key, nonce = hchacha(key, nonce[:16]), b"\0" * 4 + nonce[16:]
    cipher, tag = sealed[:-16], sealed[-16:]
    mac = pad16(ad) + pad16(cipher) + struct.pack("<QQ", len(ad), len(cipher))
    assert poly1305(chacha(key, nonce, 0, b"\0" * 32), mac) == tag, "the tag does not verify"
    return chacha(key, nonce, 1, cipher)


def aead_open(key, label, ad, sealed):
    """Nonce, commitment to the key, ciphertext, tag."""
    nonce, commitment = sealed[:24], sealed[24:56]
    assert blake("strongroom/aead-commit/v1", key, label, nonce) == commitment, "another key"
    inner = blake("strongroom/aead-key/v1", key, label, nonce)
    bound = blake("strongroom/aead-ad/v1", b"", label, ad)
    return xchacha_open(inner, nonce, bound, sealed[56:])


def lp(data):
    return struct.pack("<I", len(data)) + data


def take_lp(data):
    (n,) = struct.unpack("<I", data[:4])
    assert len(data) >= 4 + n, "a part was cut"
    return data[4 : 4 + n], data[4 + n :]


def read_keys(path, index):
    """What was disclosed: the name that the log was founded with, to which entries are bound, the
    compartments' keys by name, the records' by number. A wrong name opens nothing."""
    compartments, records = {}, {}
    with open(path, encoding="ascii") as f:
        lines = f.read().split("\n")
    assert lines[0] == "strongroom/receipt/v1", "these are no keys of a receipt"
    assert lines[1].startswith("origin ") and lines[2] == "index %d" % index, "of another entry"
    for line in lines[3:]:
        word = line.split(" ")
        if word[0] == "compartment":
            compartments[word[1]] = base64.b64decode(word[2], validate=True)
        elif word[0] == "record":
            records[int(word[1])] = base64.b64decode(word[2], validate=True)
    return lines[1][7:].encode(), compartments, records


NAMES = ("structural", "descriptive", "personal")


def open_entry(origin, index, entry, compartments, records):
    assert entry[:4] == b"SRE1", "no entry of this format"
    kid, at, plain = entry[8:24], 24, {}
    for number, name in enumerate(NAMES):
        (n,) = struct.unpack("<H", entry[at : at + 2])
        place = lp(origin) + struct.pack("<QB", index, number)
        if name in compartments:
            sealed = entry[at + 2 : at + 2 + n]
            label = b"strongroom/entry-compartment/v1"
            padded = aead_open(compartments[name], label, place + entry[:at], sealed)
            plain[name] = take_lp(padded)[0]
        at += 2 + n
    assert at == len(entry), "bytes behind the entry"
    assert "structural" in plain, "no key of its structural part"
    service, note = take_lp(plain["structural"])
    statement = note[: note.rindex(b"\n\n") + 1].decode("ascii")
    texts, rest = [], dict(plain)
    lines = [line.split(" ") for line in service.decode("ascii").split("\n")]
    for number, word in enumerate(w for w in lines if w[0] == "record"):
        name = "descriptive" if word[1] == "d" else "personal"
        subject, key, which = word[3], word[4], int(word[5])
        text = None
        if word[2] == "in" and name in rest:
            sealed, rest[name] = take_lp(rest[name])
            if number in records:
                place = lp(origin) + struct.pack("<QB", index, NAMES.index(name))
                place += struct.pack("<I", number) + lp(subject.encode()) + lp(key.encode())
                place += struct.pack("<I", which) + kid
                body = aead_open(records[number], b"strongroom/entry-record/v1", place, sealed)
                text = body[32:]
                check_text(statement, key, which, body[:32], text)
        texts.append((key, subject, text))
    received = next(w[1] for w in lines if w[0] == "received")
    return received, statement, texts


def check_text(statement, key, which, salt, text):
    """The statement committed to this text (cards commit to their name inside: not looked at)."""
    lines = [v for k, _, v in (x.partition(" ") for x in statement.split("\n")) if k == key]
    assert which < len(lines), "a text that no line names"
    if lines[which].startswith("~"):
        want = base64.b64decode(lines[which][1:], validate=True)
        assert blake("strongroom/text/v1", salt, text) == want, "not the text that was signed"


def show(text):
    return "".join(c if c.isprintable() else "\\x%02x" % ord(c) for c in text)


def main():
    if not __debug__:  # its checks are assertions
        sys.exit("reader: with -O, or PYTHONOPTIMIZE set, Python checks nothing: run it without")
    if len(sys.argv) != 4:
        sys.exit(__doc__.split("\n\n")[1])
    try:
        what, where, vkey = sys.argv[1:]
        if what == "log":
            size, root = read_log(where, vkey)
        elif what == "proof":
            size, root, _, _ = read_proof(where, vkey)
        elif what == "open":
            size, root, index, entry = read_proof(where + ".tlog-proof", vkey)
            keys = read_keys(where + ".keys", index)
            received, statement, texts = open_entry(keys[0], index, entry, *keys[1:])
            if keys[0].decode() != vkey.split("+")[0]:
                print("the log was founded as %s: it took another name" % show(keys[0].decode()))
            print("entry %d, received %s" % (index, received))
            for line in statement.rstrip("\n").split("\n"):
                print("  " + show(line))
            for key, subject, text in texts:
                known = "(no key)" if text is None else show(text.decode("utf-8", "replace"))
                print("  text of %s, of %s: %s" % (key, subject, known))
        else:
            raise ValueError("log, proof or open")
    except (AssertionError, ValueError, OSError, struct.error, StopIteration) as why:
        sys.exit("reader: %s" % (why or "the files are not as they should be"))
    print("size %d root %s" % (size, base64.b64encode(root).decode()))


main()
