"""Goals, verdicts, and how they are shown: a table and an SVG."""
import html
import math
import os
import platform
import statistics

ROW = {  # row: what it says
    "big": "deposit, incompressible, on disk",
    "ram": "the same, no disk in the way",
    "big-back": "checkout of the large file",
    "scrub": "scrub without keys / check --read-data",
    "tree": "deposit of the tree",
    "again": "deposit of the tree again, nothing trusted",
    "tree-back": "checkout of the tree",
    "versions": "one version of a tree of sources, of three",
    "grow": "deposit of the blocks of the full repository",
    "open": "deposit of 100 KiB beside the blocks of the full repository",
}
# Least times as fast as every peer of that kind (issue of record; `versions`, `grow` and `open` are shown without one).
TIMES = {
    "big": {"restic": 2.0, "borg": 2.0}, "ram": {"restic": 3.0, "borg": 3.0}, "big-back": {"restic": 2.0},
    "scrub": {"restic": 3.0}, "tree": {"restic": 2.0, "borg": 3.5}, "again": {"restic": 2.5}, "tree-back": {"restic": 1.5},
}
# What every byte of a row's work goes through at least (bench_crypto_limit): these, each so often, on all cores, and nothing else.
LIMIT = [
    (("big", "ram"), {"sha256": 1, "four-hashes": 2, "cipher": 1}),
    (("big-back",), {"sha256": 2, "four-hashes": 1, "decipher": 1, "age": 1}),
    (("scrub",), {"four-hashes": 1}),
]
# The same of the tree, all of it (bench_tree_limit): on one core, and on all.
TREE_LIMIT = {
    "tree": (["unlock"], ["read", "tree-sha256", "tree-hashes", "zstd", "seal", "segments"]),
    "again": (["unlock"], ["read", "tree-sha256", "tree-hashes", "open", "unzstd"]),
}
PEAK_KIB = 128 << 10
FLUSHES_AT_MOST, SMALL_MS_BELOW = 8, 30
DD_AT_MOST, CPU_AT_MOST, STORED_WITHIN, OF_READING = 1.3, 0.5, 1.03, 0.8


class Verdict:
    def __init__(self, row, text, have, goal, met):
        self.row, self.text, self.have, self.goal, self.met = row, text, have, goal, met


def machine(disk, found, stuff):
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as f:
        cpu = next((line.split(":", 1)[1].strip() for line in f if line.startswith("model name")), platform.machine())
    with open("/proc/loadavg", encoding="ascii") as f:
        load = f.read().split()[0]
    kind = os.popen("stat -f -c %%T '%s'" % disk).read().strip()
    return ["%s, %d cores in use, Linux %s, disk %s; load at the start %s" %
            (cpu, len(os.sched_getaffinity(0)), platform.release(), kind, load),
            "tools: " + ", ".join("%s (%s)" % (t.name, t.version) if t.ours else t.name for t in found),
            "large file %.2f GiB; tree of %d files, %.1f MB; full repository of %d blocks" %
            (stuff.big_bytes / 2**30, stuff.files, stuff.tree_bytes / 1e6, stuff.blocks), ""]


def judge(m, found, stuff):
    out, med = [], m.median
    for row, goals in TIMES.items():
        ours = med(row, "strongroom")
        for t in found:
            theirs = med(row, t.name)
            least = goals.get(t.kind.__name__.lower())
            if ours is None or theirs is None or least is None or t.ours:
                continue
            have = theirs / ours
            out.append(Verdict(row, "times as fast as " + t.name, "%.2f" % have, ">= %.1f" % least, have >= least))
    if med("big", "dd") is not None and med("big", "strongroom") is not None:
        have = med("big", "strongroom") / med("big", "dd")
        out.append(Verdict("big", "times dd conv=fsync", "%.2f" % have, "<= %.1f" % DD_AT_MOST, have <= DD_AT_MOST))
    for t in found:
        if t.kind.__name__ == "Restic" and m.cpu("big", t.name):
            have = statistics.median(m.cpu("big", "strongroom")) / statistics.median(m.cpu("big", t.name))
            out.append(Verdict("big", "of the CPU seconds of " + t.name, "%.2f" % have, "<= %.1f" % CPU_AT_MOST, have <= CPU_AT_MOST))
        if "matched" in t.name and t.name in m.stored:
            have = statistics.median(m.stored["strongroom"]) / statistics.median(m.stored[t.name])
            out.append(Verdict("tree", "of the bytes stored by " + t.name, "%.3f" % have, "<= %.2f" % STORED_WITHIN,
                               have <= STORED_WITHIN))
    if med("scrub", "strongroom") is not None:
        have = med("reading", "strongroom") / med("scrub", "strongroom")
        out.append(Verdict("scrub", "of the speed of reading", "%.2f" % have, ">= %.1f" % OF_READING, have >= OF_READING))
    if m.small is not None:
        ms, flushes = m.small
        out.append(Verdict("small", "flushes of one deposit of 100 KiB", "%d" % flushes, "<= %d" % FLUSHES_AT_MOST,
                           flushes <= FLUSHES_AT_MOST))
        out.append(Verdict("small", "ms until it is acknowledged", "%.1f" % ms, "< %d" % SMALL_MS_BELOW, ms < SMALL_MS_BELOW))
    peak = m.peak("strongroom")
    out.append(Verdict("all", "peak memory, MiB", "%d" % (peak >> 10), "< %d" % (PEAK_KIB >> 10), peak < PEAK_KIB))
    return out


def table(m, found, verdicts, stuff):
    lines = []
    for row, text in ROW.items():
        if m.median(row, "strongroom") is None:
            continue
        lines.append("%s (%s)" % (text, row))
        for name in [t.name for t in found] + (["reading"] if row == "scrub" else ["dd"]):
            key = ("reading", "strongroom") if name == "reading" else (row, name)
            walls = m.wall(*key)
            cpus = m.cpu(*key)
            if not walls:
                continue
            lines.append("    %-24s %8.2f s  (%.2f - %.2f)  cpu %7.2f s  %5d MiB  %6.2fx%s" %
                         (name, statistics.median(walls), min(walls), max(walls), statistics.median(cpus),
                          m.peak(key[1], key[0]) >> 10, statistics.median(walls) / m.median(row, "strongroom"),
                          unflushed(m, row, name)))
    lines += distances(m, stuff)
    for name, sizes in sorted(m.stored.items()):
        lines.append("stored, %-30s %9.1f MB" % (name, statistics.median(sizes) / 1e6))
    for t in found:
        lines.append("peak memory, %-25s %9d MiB" % (t.name, m.peak(t.name) >> 10))
    lines.append("")
    for v in verdicts:
        lines.append("%-7s %-10s %-44s %10s  %s" % ("met" if v.met else "MISSED", v.row, v.text, v.have, v.goal))
    return lines


def unflushed(m, row, name):
    """Of a tool that leaves its files to the page cache, and so had them flushed behind it."""
    returned = statistics.median(m.returned(row, name) or [0])
    if returned in (0, m.median(row, name)):
        return ""
    return "  (%.2fx when it returned, after %.2f s)" % (returned / m.median(row, "strongroom"), returned)


def distances(m, stuff):
    """How far each row is from what this format can do at best on this machine."""
    lines, cores = [], len(os.sched_getaffinity(0))
    for rows, parts in LIMIT:
        done = [r for r in rows if m.limit and m.median(r, "strongroom") is not None]
        if not done:
            continue
        core_s = sum(m.limit[name] * times for name, times in parts.items()) * stuff.big_bytes / 2**30
        lines.append("limit of %s, %.2f s: %s; %.2f s of one core, over %d" %
                     (", ".join(done), core_s / cores,
                      ", ".join("%s%s %.2f s/GiB" % ("" if n == 1 else "%d x " % n, name, m.limit[name]) for name, n in parts.items()),
                      core_s, cores))
        for row in done:
            lines.append("    %-24s %8.2f times the limit, its CPU %.2f times the primitives'" %
                         (row, m.median(row, "strongroom") * cores / core_s,
                          statistics.median(m.cpu(row, "strongroom")) / core_s))
    for row, (alone, shared) in TREE_LIMIT.items():
        if not m.tree_limit or m.median(row, "strongroom") is None:
            continue
        one, all_ = (sum(m.tree_limit[name] for name in names) for names in (alone, shared))
        lines.append("limit of %s, %.2f s: %s %.2f s; %s; %.2f s of one core, over %d" %
                     (row, one + all_ / cores, " ".join(alone), one,
                      ", ".join("%s %.2f s" % (name, m.tree_limit[name]) for name in shared), all_, cores))
        lines.append("    %-24s %8.2f times the limit, its CPU %.2f times the primitives'" %
                     (row, m.median(row, "strongroom") / (one + all_ / cores),
                      statistics.median(m.cpu(row, "strongroom")) / (one + all_)))
    return lines


def svg(m, found, verdicts):
    """A bar for each tool in each row: its median as multiples of Strongroom's, on a scale of doublings."""
    rows = [r for r in ROW if m.median(r, "strongroom") is not None]
    names = [t.name for t in found if not t.ours]
    bar, gap, left, unit = 14, 26, 330, 90
    high = 40 + sum(sum(m.median(r, n) is not None for n in names) * bar + gap for r in rows) + 20
    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="960" height="%d" font-family="sans-serif" font-size="12">' % high,
           '<title>Seconds of each tool as multiples of Strongroom\'s</title>',
           '<rect width="100%" height="100%" fill="white"/>']
    for k in range(-1, 7):
        x = left + unit * (k + 1)
        out.append('<line x1="%d" y1="30" x2="%d" y2="%d" stroke="%s"/>' % (x, x, high - 10, "#333" if k == 0 else "#ddd"))
        out.append('<text x="%d" y="22" text-anchor="middle">%gx</text>' % (x, 2.0**k))
    y = 40
    for row in rows:
        out.append('<text x="10" y="%d" font-weight="bold">%s</text>' % (y + 10, html.escape(ROW[row])))
        y += 16
        for name in names:
            if m.median(row, name) is None:
                continue
            have = m.median(row, name) / m.median(row, "strongroom")
            wide = unit * (min(max(math.log2(have), -1), 6) + 1)
            out.append('<text x="%d" y="%d" text-anchor="end">%s</text>' % (left - 6, y + 11, html.escape(name)))
            out.append('<rect x="%d" y="%d" width="%.1f" height="%d" fill="#4a7a9c"/>' % (left, y + 2, wide, bar - 3))
            least = TIMES.get(row, {}).get(name.split()[0])
            if least:
                x = left + unit * (math.log2(least) + 1)
                out.append('<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="#b02020" stroke-width="2"/>' % (x, y, x, y + bar))
            out.append('<text x="%.1f" y="%d">%.2fx</text>' % (left + wide + 4, y + 11, have))
            y += bar
        y += gap - 16
    missed = sum(1 for v in verdicts if not v.met)
    out.append('<text x="10" y="%d">Red: the goal. %d goals, %d missed.</text>' % (high - 6, len(verdicts), missed))
    out.append("</svg>\n")
    return "\n".join(out)
