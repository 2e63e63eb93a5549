#!/usr/bin/env python3
"""bag_reader FOLDER [LABEL] - is the folder a valid bag (RFC 8493, version 1.0)? Written from the RFC, with nothing of ours.

Every payload file stands in every payload manifest with the right digest and nothing else does; tag manifests the same for
what they list, and every tag file but themselves is listed; Payload-Oxum is right; no name leaves the bag. Prints "valid",
or with LABEL the values of that label of bag-info.txt, one a line, lines that were folded joined by a newline as "\\n".
"""
import hashlib
import os
import re
import sys


def fail(text):
    print("bag_reader: " + text, file=sys.stderr)
    sys.exit(1)


def files_below(root):
    found = {}
    for folder, folders, names in os.walk(root):
        for name in folders + names:
            if os.path.islink(os.path.join(folder, name)):
                fail("a link: %r" % os.path.join(folder, name))
        for name in names:
            path = os.path.join(folder, name)
            found[os.path.relpath(path, root)] = path
    return found


def decoded(name):
    if re.search(rb"%(?!0A|0D|25)", name, re.I):
        fail("a percent sign that is not encoded: %r" % name)
    return re.sub(rb"%(0A|0D|25)", lambda m: bytes([int(m.group(1), 16)]), name, flags=re.I)


def listed(path):
    rows = {}
    with open(path, "rb") as f:
        text = f.read()
    text.decode("utf-8")
    if text and not text.endswith(b"\n"):
        fail("%r does not end with a line end" % path)
    for line in text.split(b"\n")[:-1]:
        m = re.fullmatch(rb"([0-9a-f]+)[ \t]+(.+)", line)
        if not m:
            fail("%r: no line of a manifest: %r" % (path, line))
        name = decoded(m.group(2))
        parts = name.split(b"/")
        if name.startswith((b"/", b"~")) or b".." in parts or b"." in parts or b"" in parts:
            fail("%r leaves the bag: %r" % (path, name))
        if name in rows:
            fail("%r lists %r twice" % (path, name))
        rows[name] = m.group(1)
    return rows


def digest(algorithm, path):
    h = hashlib.new(algorithm)
    with open(path, "rb") as f:
        for piece in iter(lambda: f.read(1 << 20), b""):
            h.update(piece)
    return h.hexdigest().encode()


def bag_info(path):
    lines = []
    with open(path, encoding="utf-8", newline="\n") as f:
        for line in f.read().split("\n")[:-1]:
            if line[:1] in (" ", "\t"):
                lines[-1][1] += "\\n" + line.strip()
                continue
            m = re.fullmatch(r"([^\s:][^:]*): (.*)", line)
            if not m:
                fail("bag-info.txt: %r" % line)
            lines.append([m.group(1), m.group(2)])
    return lines


def main():
    root = os.fsencode(sys.argv[1])
    files = files_below(root)
    payload = {p for p in files if p.startswith(b"data/")}
    tags = set(files) - payload
    with open(os.path.join(root, b"bagit.txt"), "rb") as f:
        if f.read() != b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n":
            fail("bagit.txt")
    if not os.path.isdir(os.path.join(root, b"data")):
        fail("no folder data")
    manifests = {p: re.fullmatch(rb"(tag)?manifest-([a-z0-9]+)\.txt", p) for p in tags}
    manifests = {p: m for p, m in manifests.items() if m}
    kinds = sorted((bool(m.group(1)), m.group(2)) for m in manifests.values())
    if kinds != [(False, b"sha256"), (False, b"sha512"), (True, b"sha256"), (True, b"sha512")]:
        fail("the manifests are %r" % kinds)
    for path, m in manifests.items():
        rows = listed(os.path.join(root, path))
        want = {p for p in tags if not p.startswith(b"tagmanifest-")} if m.group(1) else payload
        if set(rows) != want:
            fail("%r lists %r" % (path, sorted(set(rows) ^ want)))
        for name, have in rows.items():
            if digest(m.group(2).decode(), files[name]) != have:
                fail("%r: %r is another" % (path, name))
    info = bag_info(os.path.join(root, b"bag-info.txt"))
    oxum = "%d.%d" % (sum(os.path.getsize(files[p]) for p in payload), len(payload))
    if [v for k, v in info if k == "Payload-Oxum"] != [oxum]:
        fail("Payload-Oxum is not %s" % oxum)
    if len(sys.argv) > 2:
        for k, v in info:
            if k == sys.argv[2]:
                print(v)
    else:
        print("valid")


main()
