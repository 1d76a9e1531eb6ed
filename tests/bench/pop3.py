#!/usr/bin/env python3
"""Measures POP3 fetching and serving of Waypost (Linux, python3).

usage: pop3.py fetch --source HOST:PORT --user USER --password PW --count N
       pop3.py listing [--count 200000]
       pop3.py memory [--clients 20]

fetch    time, CPU and peak memory of the first fetch of a mailbox, and of polls that find nothing new
listing  time of login, STAT, UIDL and LIST of a large mailbox, and memory added by it
memory   memory added by so many clients that read a message of 50 MB each at once

Starts `waypost serve` with the runtime of WAYPOST_RUNTIME ("deno", "node") in a folder of its own and ends it.
"""
import argparse, os, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, threading, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
PASSWORD = "bench password"
LARGE_OCTETS = 50_000_000


class Waypost:
    """`waypost serve` with POP3 on a port that the system chooses, and the accounts given as (login, source)"""

    def __init__(self, folder, accounts, interval="1h"):
        self.database = os.path.join(folder, "data", "waypost.db")
        settings = ['data_dir = "data"', "[smtp]", "listen = []", "[[pop3.listen]]", 'address = "127.0.0.1:0"',
                    "[dashboard]", 'listen = "127.0.0.1:0"']
        for login, (host, port, user, password) in accounts:
            settings += ["[[account]]", f'login = "{login}"', f'password = "{PASSWORD}"', "[account.source]",
                         f'host = "{host}"', f"port = {port}", 'tls = "off"', f'username = "{user}"',
                         f'password = "{password}"', f'interval = "{interval}"']
        file = os.path.join(folder, "waypost.toml")
        with open(file, "w") as f:
            f.write("\n".join(settings) + "\n")
        self.started = time.time()
        self.process = subprocess.Popen(["node", os.path.join(ROOT, "scripts", "run.mjs"), "start", "--config", file],
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)
        for line in self.process.stdout:
            found = re.match(r"\s+pop3\s+127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise SystemExit("waypost did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def pids(self):
        """the launcher, which becomes the runtime or stays its parent, and its children"""
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [self.process.pid] + [int(pid) for pid in open(children).read().split()]

    def memory(self, field="VmRSS"):
        """megabytes held now, or with "VmHWM" the most since the last reset"""
        read = lambda pid: re.search(rf"^{field}:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M)
        return sum(int(read(pid)[1]) for pid in self.pids()) / 1000

    def reset_peak(self):
        for pid in self.pids():
            open(f"/proc/{pid}/clear_refs", "w").write("5")

    def cpu(self):
        """seconds of CPU so far"""
        fields = [open(f"/proc/{pid}/stat").read().rpartition(")")[2].split() for pid in self.pids()]
        return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")

    def query(self, sql):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=5) as database:
            return database.execute(sql).fetchall()

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


class Client:
    """a POP3 client after its login; `seconds` says how long each step took"""

    def __init__(self, port, login):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.seconds = {}
        self.ask(f"USER {login}")
        self.ask(f"PASS {PASSWORD}", "login")

    def ask(self, command, name=None, lines=False):
        """sends a command; gives the reply's line, or with `lines` the number of lines behind it"""
        begun = time.perf_counter()
        self.socket.sendall(f"{command}\r\n".encode())
        reply = self.file.readline()
        if not reply.startswith(b"+OK"):
            raise SystemExit(f"{command.split()[0]}: {reply!r}")
        count = 0
        while lines and self.file.readline() != b".\r\n":
            count += 1
        self.seconds[name or command] = time.perf_counter() - begun
        return count if lines else reply

    def retrieve(self, number):
        """reads a message and throws it away; gives its octets"""
        self.ask(f"RETR {number}")
        octets, end = 0, b""
        while not end.endswith(b"\r\n.\r\n"):
            piece = self.file.read1(1 << 18)
            octets, end = octets + len(piece), (end + piece)[-5:]
        return octets


def fetch(a):
    host, port = a.source.rsplit(":", 1)
    with_folder(lambda folder: fetch_in(a, folder, [("bench", (host, int(port), a.user, a.password))]))


def fetch_in(a, folder, accounts):
    waypost = Waypost(folder, accounts, interval="2s")
    while waypost.query("select count(*) from mailbox where last_fetch_at is not null")[0][0] == 0:
        time.sleep(0.2)
    cpu, peak = waypost.cpu(), waypost.memory("VmHWM")
    time.sleep(12)
    waypost.stop()
    stored = waypost.query("select count(*) from mailbox_message")[0][0]
    rows = waypost.query("select duration_ms, messages from session where hop = 'pop3-client' order by started_at")
    polls = sorted(ms for ms, messages in rows[1:] if messages == 0)
    seconds = rows[0][0] / 1000
    print(f"{stored} of {a.count} messages in {seconds:.2f} s, {stored / seconds:.0f} a second; CPU {cpu:.2f} s with the "
          f"start, peak {peak:.0f} MB; {len(polls)} polls with nothing new, median {polls[len(polls) // 2]} ms")


def prepared(folder, logins, messages):
    """a database with the given messages (login, octets or None) in it: None is a row without its octets"""
    nowhere = ("127.0.0.1", 9, "nobody", "nothing")
    accounts = [(login, nowhere) for login in logins]
    waypost = Waypost(folder, accounts)
    time.sleep(2)
    waypost.stop()
    now = int(time.time() * 1000)
    first = (now - 1_767_225_600_000) * 4096 - len(messages) - 4096
    with sqlite3.connect(waypost.database) as database:
        mailboxes = dict(database.execute("select account, id from mailbox"))
        for offset, (login, octets) in enumerate(messages):
            spool = first + offset
            row = (spool, mailboxes[login], f"bench{offset:015d}", 4000 if octets is None else len(octets), now)
            database.execute("insert into mailbox_message (id, mailbox_id, uidl, size, message_id, sender, subject, "
                             "fetched_at) values (?, ?, ?, ?, '', 'anna@example.org', 'bench', ?)", row)
            for at in range(0, len(octets or b""), 65536):
                database.execute("insert into chunk values (?, ?, ?)", (spool, at // 65536, octets[at:at + 65536]))
    return Waypost(folder, accounts)


def listing(a):
    with_folder(lambda folder: listing_in(a, prepared(folder, ["bench"], [("bench", None)] * a.count)))


def listing_in(a, waypost):
    time.sleep(2)
    idle, cpu = waypost.memory(), waypost.cpu()
    for _ in range(4):
        client = Client(waypost.port, "bench")
        client.ask("STAT")
        counts = [client.ask(command, lines=True) for command in ("UIDL", "LIST")]
        client.ask("QUIT")
        shown = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in client.seconds.items())
        print(f"{counts} lines: {shown}; memory +{waypost.memory() - idle:.0f} MB over {idle:.0f} MB")
    print(f"CPU {(waypost.cpu() - cpu) / 4:.2f} s for each session")
    waypost.stop()


def memory(a):
    logins = [f"bench{number}" for number in range(a.clients)]
    message = b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * (LARGE_OCTETS // 72)
    with_folder(lambda folder: memory_in(prepared(folder, logins, [(login, message) for login in logins]), logins))


def memory_in(waypost, logins):
    for _ in range(3):
        time.sleep(3)
        idle, cpu, begun = waypost.memory(), waypost.cpu(), time.time()
        waypost.reset_peak()
        threads = [threading.Thread(target=lambda login: Client(waypost.port, login).retrieve(1), args=(login,))
                   for login in logins]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(f"{len(logins)} clients, {time.time() - begun:.1f} s, CPU {waypost.cpu() - cpu:.1f} s: "
              f"peak +{waypost.memory('VmHWM') - idle:.0f} MB over {idle:.0f} MB")
    waypost.stop()


def with_folder(work):
    folder = tempfile.mkdtemp(prefix="waypost-bench-")
    try:
        work(folder)
    finally:
        shutil.rmtree(folder)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = ap.add_subparsers(required=True)
    verb = verbs.add_parser("fetch")
    verb.set_defaults(run=fetch)
    for name in ("source", "user", "password"):
        verb.add_argument(f"--{name}", required=True)
    verb.add_argument("--count", type=int, required=True)
    verb = verbs.add_parser("listing")
    verb.set_defaults(run=listing)
    verb.add_argument("--count", type=int, default=200_000)
    verb = verbs.add_parser("memory")
    verb.set_defaults(run=memory)
    verb.add_argument("--clients", type=int, default=20)
    a = ap.parse_args()
    a.run(a)


if __name__ == "__main__":
    main()
