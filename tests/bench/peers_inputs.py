"""What the tools are given: a file that nothing compresses, a tree of small real files, and three versions of a tree."""
import os
import random
import shutil
import sys

# Small files that Debian's packages bring: documents, headers and sources first, and of the rest as many as are needed.
ROOTS = ("/usr/share/doc", "/usr/include", "/usr/lib/python3", "/usr/lib/python3.11", "/usr/share/perl", "/usr/share/perl5",
         "/usr/lib/gcc", "/usr/lib/llvm-14/include", "/usr/src", "/usr/lib/node_modules", "/usr/share", "/usr/lib")
SMALL = 256 << 10  # what is no small file is left out


class Stuff:
    def __init__(self):
        self.big = self.tree = self.crumbs = self.one = None
        self.versions = []
        self.files = self.tree_bytes = self.big_bytes = self.blocks = 0


def big(path, size):
    with open(path, "wb") as f:
        while size > 0:
            f.write(os.urandom(min(size, 1 << 20)))
            size -= 1 << 20


def tree(path, count):
    """COUNT files from ROOTS, their paths kept; each regular file once."""
    done, size, seen = 0, 0, set()
    for root in ROOTS:
        for base, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                src = os.path.join(base, name)
                if done >= count or src in seen or os.path.islink(src) or not os.path.isfile(src):
                    continue
                here = os.path.getsize(src)
                if here > SMALL or not os.access(src, os.R_OK):
                    continue
                seen.add(src)
                dst = path + src
                os.makedirs(os.path.dirname(dst), exist_ok=True)
                shutil.copyfile(src, dst)
                done += 1
                size += here
    if done < count:
        print("peers: this machine has only %d small files, not %d" % (done, count), file=sys.stderr)
    return done, size


def versions(path, source, rng):
    """Three versions of a tree of sources: in each, a tenth of the files edited, a few added and a few gone."""
    made = []
    for v in range(3):
        here = os.path.join(path, "v%d" % v)
        shutil.copytree(made[-1] if made else source, here)
        if made:
            for base, _, names in os.walk(here):
                for name in sorted(names):
                    p, luck = os.path.join(base, name), rng.random()
                    if luck < 0.01:
                        os.unlink(p)
                    elif luck < 0.11:
                        with open(p, "rb") as f:
                            text = f.read()
                        at = rng.randrange(len(text) + 1)
                        with open(p, "wb") as f:
                            f.write(text[:at] + b"a line of version %d\n" % v + text[at:])
                    elif luck < 0.12:
                        shutil.copyfile(p, p + ".v%d" % v)
        made.append(here)
    return made


def crumbs(path, count):
    """COUNT files of which no two are alike, in folders of a thousand: as many blocks, whatever a tool makes of a file."""
    for n in range(count):
        folder = os.path.join(path, "%03d" % (n // 1000))
        if n % 1000 == 0:
            os.makedirs(folder)
        with open(os.path.join(folder, "%03d" % (n % 1000)), "wb") as f:
            f.write(b"%d of %d\n" % (n, count))


def one(stuff):
    """Another 100 KiB that no repository has yet."""
    big(stuff.one, 100 << 10)


def make(ram, size, files, blocks, wanted):
    s = Stuff()
    if "open" in wanted:
        s.one, s.crumbs, s.blocks = os.path.join(ram, "one"), os.path.join(ram, "crumbs"), blocks
        crumbs(s.crumbs, blocks)
    if wanted & {"big", "big-back", "scrub", "ram"}:
        s.big, s.big_bytes = os.path.join(ram, "big"), size
        big(s.big, size)
    if wanted & {"tree", "again", "tree-back"}:
        s.tree = os.path.join(ram, "tree")
        s.files, s.tree_bytes = tree(s.tree, files)
    if "versions" in wanted:
        source = os.path.join(ram, "sources")
        tree(source, min(files, 5000))
        s.versions = versions(ram, source, random.Random(7))
        shutil.rmtree(source)
    return s
