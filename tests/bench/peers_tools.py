"""The tools that are measured, as commands: how each makes a repository, stores, brings back and checks."""
import filecmp
import json
import os
import shutil
import subprocess
import sys
import tempfile


class Step:
    """A command. FLUSH: what it wrote there is to be on the disk when it counts as done, and it does not see to that itself."""

    def __init__(self, argv, env=None, cwd=None, flush=None):
        self.argv, self.cwd, self.flush = argv, cwd, flush
        self.env = dict(os.environ, **(env or {}))


def quiet(argv, env=None, cwd=None):
    """A step that is not measured; its output."""
    done = subprocess.run(argv, env=dict(os.environ, **(env or {})), cwd=cwd, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode != 0:
        sys.exit("peers: status %d of: %s\n%s" % (done.returncode, " ".join(argv), done.stderr.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8", "replace")


def limit(build, tree=None):
    """Seconds of one core: for a GiB, for each primitive that every byte of some work goes through; or for all of TREE."""
    argv = ["/bench_crypto_limit"] if tree is None else ["/bench_tree_limit", tree]
    rows = quiet([os.path.abspath(build + argv[0]), *argv[1:]]).split("\n")
    return {name: float(seconds) for name, seconds in (row.split() for row in rows if row)}


def small_deposit(build, disk):
    """Milliseconds and flushes of one deposit of 100 KiB, acknowledged; in this process's folder of DISK."""
    said = quiet([os.path.abspath(build + "/bench_core_deposit")], {"TMPDIR": disk})
    words = said.split()
    return float(words[words.index("ms") - 1]), int(words[words.index("flushes") - 1])


def direct(folder):
    """What tells dd to go past the page cache in FOLDER, where its file system can do that."""
    path = os.path.join(folder, "dd.probe")
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_DIRECT, 0o600))
        return ["iflag=direct", "oflag=direct"]
    except OSError:
        return []
    finally:
        if os.path.exists(path):
            os.unlink(path)


def bytes_under(path):
    return sum(os.lstat(os.path.join(base, n)).st_size for base, _, names in os.walk(path) for n in names)


def same(a, b):
    """Ends the run unless the file or tree A is byte for byte B."""
    if os.path.isfile(b):
        if not filecmp.cmp(a, b, shallow=False):
            sys.exit("peers: %s came back changed as %s" % (b, a))
        return
    for base, _, names in os.walk(b):
        for name in names:
            want = os.path.join(base, name)
            have = os.path.join(a, os.path.relpath(want, b))
            if not os.path.isfile(have) or not filecmp.cmp(have, want, shallow=False):
                sys.exit("peers: %s came back changed as %s" % (want, have))


class Repo:
    """A repository of one tool in a folder of its own; `env` keeps the tool's caches and memories in there too."""

    def __init__(self, tool, path):
        self.tool, self.path, self.source = tool, path, None
        os.makedirs(path)
        self.env = {"HOME": path, "XDG_CACHE_HOME": path + "/cache", "XDG_CONFIG_HOME": path + "/config"}

    def gone(self):
        shutil.rmtree(self.path)

    def fill(self, path):
        """All that lies under PATH, which is very much."""
        return self.store([path])

    def stored(self):
        return bytes_under(self.path + "/repo")

    def compare(self, back, source):
        same(back + source, source)


class Restic(Repo):
    def __init__(self, tool, path):
        super().__init__(tool, path)
        self.env.update(RESTIC_PASSWORD="correct horse", RESTIC_REPOSITORY=path + "/repo")
        quiet([tool.program, "init"], self.env)

    def store(self, paths, again=False):
        more = ["--no-scan"] if self.tool.matched and self.tool.has_no_scan else []
        return Step([self.tool.program, "backup", *(["--force"] if again else []), *more, *paths], self.env)

    def bring(self, back):
        return Step([self.tool.program, "restore", "latest", "--target", back], self.env, flush=back)

    def check(self):
        return Step([self.tool.program, "check", "--read-data"], self.env)


class Borg(Repo):
    def __init__(self, tool, path):
        super().__init__(tool, path)
        self.count = 0
        self.env.update(BORG_PASSPHRASE="correct horse", BORG_REPO=path + "/repo", BORG_BASE_DIR=path + "/base")
        quiet([tool.program, "init", "--encryption", "repokey-blake2"], self.env)

    def store(self, paths, again=False):
        self.count += 1
        more = ["--compression", "zstd,3"] if self.tool.matched else []
        # --files-cache=disabled is its `--force`: every file is read again.
        return Step([self.tool.program, "create", *more, *(["--files-cache=disabled"] if again else []), "::a%d" % self.count, *paths],
                    self.env)

    def bring(self, back):
        os.makedirs(back)
        return Step([self.tool.program, "extract", "::a%d" % self.count], self.env, cwd=back, flush=back)

    def check(self):
        return Step([self.tool.program, "check", "--verify-data"], self.env)


class Vault(Repo):
    """A founded vault is copied for each round: founding is not what is measured."""

    def __init__(self, tool, path):
        os.rmdir(path) if os.path.isdir(path) else None
        shutil.copytree(tool.founded, path, symlinks=True)
        self.tool, self.path = tool, path
        self.env = vault_env(path)
        self.bulk = path + "/vault/packs"
        self.items = []

    def store(self, paths, again=False):
        return Step([self.tool.program, "deposit", *paths, "--collection", "box", "--json", "--quiet", *by(self.path, "de")],
                    self.env)

    def fill(self, path):
        """Each of its folders is an item: the names of a million files are more than one item's list holds."""
        step = self.store([path])
        step.argv += ["--each", "folder"]
        return step

    def bring(self, back):
        """Described, released, asked for and granted (not measured); then the export."""
        program, env = self.tool.program, self.env
        items = [r["id"] for r in json.loads(quiet([program, "list", "--json", *by(self.path, "cu1")], env))]
        for item in items:
            quiet([program, "describe", item, "--title", "t", *by(self.path, "cu1")], env)
            quiet([program, "release", item, *by(self.path, "cu2")], env)
        quiet(["age-keygen", "-o", self.path + "/age"], env)
        to = quiet(["age-keygen", "-y", self.path + "/age"], env).strip()
        asked = json.loads(quiet([program, "request", "export", *items, "--to", to, "--purpose", "research", "--ends", "9d",
                                  "--reason", "bench", "--json", *by(self.path, "ri")], env))["request"]
        for m in ("m1", "m2"):
            quiet([program, "vote", asked, "approve", *by(self.path, m)], env)
        grant = json.loads(quiet([program, "grants", "--json", *by(self.path, "ri")], env))[0]["id"]
        os.makedirs(back)
        return Step([program, "export", grant, *items, "--out", back + "/out.age", "--quiet", *by(self.path, "ri")], env)

    def compare(self, back, source):
        """What the stock age opens is the file itself, or a tar of the tree."""
        if os.path.isfile(source):
            quiet(["age", "-d", "-i", self.path + "/age", "-o", back + "/out", back + "/out.age"])
            same(back + "/out", source)
            return
        os.makedirs(back + "/tree")
        quiet(["sh", "-c", 'age -d -i "$1" "$2" | tar -C "$3" -xf -', "sh", self.path + "/age", back + "/out.age", back + "/tree"])
        same(back + "/tree/" + os.path.basename(source), source)

    def check(self):
        """Without keys: nobody is named."""
        return Step([self.tool.program, "scrub", "--quiet"], self.env)

    def stored(self):
        return bytes_under(self.bulk)


def vault_env(path):
    # Deposits alone: what the vault does with them afterwards (identify, scan, read their text) has no peer.
    return {"STRONGROOM_VAULT": path + "/vault", "STRONGROOM_UNLOCK": path + "/vault.key", "STRONGROOM_STATE": path + "/state",
            "HOME": path, "STRONGROOM_INTAKE": "later"}


def by(path, who):
    return ["--as", "%s/%s.id" % (path, who), "--passphrase-file", path + "/pass"]


def found(program, path):
    """Three members, two curators and the rest; one collection, `box`. The release program, with its own key stretching."""
    os.makedirs(path)
    env = vault_env(path)

    def sr(*argv):
        return quiet([program, *argv], env, cwd=path)

    with open(path + "/pass", "w", encoding="ascii") as f:
        f.write("correct horse\n")
    for who in ("m1", "m2", "m3", "cu1", "cu2", "of", "au", "ke", "ri", "de"):
        sr("identity", "new", who + ".id", "--name", who, "--passphrase-file", path + "/pass", "--quiet")
    sr("init", "--origin", "bench.example/vault", "--unlock-new", path + "/vault.key", "--no-second")
    card = {w: w + ".id.card" for w in ("m1", "m2", "m3", "cu1", "cu2", "of", "au", "ke")}
    draft = json.loads(sr("board", "new", "--member", card["m1"], card["m2"], card["m3"], "--level", "2,3", "--curator", card["cu1"],
                          card["cu2"], "--officer", card["of"], "--auditor", card["au"], "--custodian", card["ke"],
                          "--i-accept-loss", "losing 1 of 3 shares loses the archive", "--json"))
    for m in ("m1", "m2", "m3"):
        sr("board", "deal", "--fingerprint", draft["fingerprint"], "--quiet", *by(path, m))
    for m in ("m1", "m2", "m3"):
        sr("board", "accept", "--quiet", *by(path, m))
    sr("person", "add", "ri.id.card", "--role", "researcher", "--quiet", *by(path, "cu1"))
    sr("person", "add", "de.id.card", "--role", "depositor", "--quiet", *by(path, "cu1"))
    asked = json.loads(sr("collection", "new", "box", "--json", *by(path, "m1")))["request"]
    for m in ("m1", "m2"):
        sr("vote", asked, "approve", *by(path, m))


class Tool:
    def __init__(self, kind, program, version, matched=False):
        self.kind, self.program, self.version, self.matched = kind, program, version, matched
        self.ours = kind is Vault
        self.has_no_scan = kind is Restic and "--no-scan" in quiet([program, "backup", "--help"])
        self.name = "strongroom" if self.ours else "%s %s%s" % (kind.__name__.lower(), version, " matched" if matched else "")

    def fresh(self, path):
        return self.kind(self, path)


def all_of(build, ram):
    """Strongroom, then each peer as it comes and matched. PEERS and the PATH name them."""
    program = os.path.abspath(build + "/strongroom")
    ours = Tool(Vault, program, quiet([program, "--version"]).split()[-1])
    ours.founded = tempfile.mkdtemp(prefix="founded.", dir=ram) + "/vault"
    found(program, ours.founded)
    peers, known = [], set()
    for path in [p for p in os.environ.get("PEERS", "").split(",") if p] + ["restic", "borg"]:
        at = shutil.which(path)
        if at is None:
            sys.exit("peers: no program %s here (apt-get install restic borgbackup, or PEERS=path,...)" % path)
        kind = Restic if "restic" in os.path.basename(at) else Borg
        version = quiet([at, "version"] if kind is Restic else [at, "--version"]).split()[1]
        if (kind, version) in known:
            continue
        known.add((kind, version))
        # One that PEERS names stands for its kind: an older one on the PATH is not measured beside it.
        if path in ("restic", "borg") and any(k is kind for k, v in known if v != version):
            continue
        peers += [Tool(kind, at, version), Tool(kind, at, version, matched=True)]
    return [ours, *peers]
