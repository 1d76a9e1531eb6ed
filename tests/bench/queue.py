#!/usr/bin/env python3
"""Measures a long queue (Linux, python3, Postfix's smtp-sink).

usage: queue.py start [--count 1000000]
       queue.py beside [--count 100000]

start   time until the first SMTP greeting, and memory, with so many messages queued: not due yet, and all due for an
        upstream that refuses connections
beside  delay of mail for a living upstream, from its acceptance to its delivery, with an empty queue, and beside so many
        messages that are due for an upstream that refuses connections, takes them and never says a word, has a name
        that is not known, or refuses the login

Starts `waypost serve` with the runtime of WAYPOST_RUNTIME ("deno", "node") in a folder of its own and ends it.
"""
import argparse, os, re, shutil, smtplib, socket, sqlite3, subprocess, tempfile, threading, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SAMPLES = 200


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Waypost:
    """`waypost serve` with a living and a dead upstream; `more`: further lines of the dead one"""

    def __init__(self, folder, sink, dead, host="127.0.0.1", more=()):
        self.database = os.path.join(folder, "data", "waypost.db")
        upstreams = [("dead", host, dead, more), ("living", "127.0.0.1", sink, ())]
        settings = ['data_dir = "data"', "[[smtp.listen]]", 'address = "127.0.0.1:0"', "[pop3]", "listen = []",
                    "[dashboard]", 'listen = "127.0.0.1:0"']
        for name, at, port, lines in upstreams:
            settings += ["[[upstream]]", f'name = "{name}"', f'host = "{at}"', f"port = {port}", 'tls = "off"', *lines]
        for name, *_ in upstreams:
            settings += ["[[route]]", f'sender = "*@{name}.test"', f'via = ["{name}"]']
        file = os.path.join(folder, "waypost.toml")
        with open(file, "w") as f:
            f.write("\n".join(settings) + "\n")
        began = time.time()
        self.process = subprocess.Popen(["node", os.path.join(ROOT, "scripts", "run.mjs"), "start", "--config", file],
                                        stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            found = re.match(r"\s+smtp\s+127\.0\.0\.1:(\d+)", line)
            if found:
                self.port = int(found[1])
                break
        else:
            raise SystemExit("waypost did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        with socket.create_connection(("127.0.0.1", self.port)) as client:
            client.recv(1)
        self.seconds = time.time() - began

    def memory(self):
        """megabytes held at most so far"""
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        peak = lambda pid: int(re.search(r"^VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M)[1])
        return max(peak(pid) for pid in [self.process.pid, *children]) / 1024

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def fill(database, count, due_in_seconds):
    """queues messages of 1 KB for the dead upstream"""
    now = int(time.time() * 1000)
    first = (now - 1767225600000 - 86_400_000) * 4096
    octets = b"Subject: queued\r\n\r\n".ljust(998, b"x") + b"\r\n"
    with sqlite3.connect(database) as db:
        ids = range(first, first + count)
        db.executemany("insert into message (id, origin, sender, size, body, message_id, subject, received_at, "
                       "client_address) values (?, 'relay', 'a@dead.test', 1000, '7bit', '', 'queued', ?, '127.0.0.1')",
                       ((number, now) for number in ids))
        db.executemany("insert into recipient (message_id, position, address, state, attempts, next_attempt_at, "
                       "changed_at) values (?, 0, 'b@sink.test', 'waiting', 0, ?, ?)",
                       ((number, now + due_in_seconds * 1000, now) for number in ids))
        db.executemany("insert into chunk (spool_id, position, octets) values (?, 0, ?)",
                       ((number, octets) for number in ids))


def delays(waypost):
    """milliseconds from acceptance to delivery of messages for the living upstream, sorted"""
    with smtplib.SMTP("127.0.0.1", waypost.port) as client:
        for number in range(SAMPLES):
            client.sendmail("a@living.test", "b@sink.test", f"Subject: {number}\r\n\r\nbody\r\n")
            time.sleep(0.02)
    for _ in range(120):
        with sqlite3.connect(f"file:{waypost.database}?mode=ro", uri=True, timeout=10) as db:
            rows = db.execute("select recipient.changed_at - message.received_at from message join recipient on "
                              "recipient.message_id = message.id where sender = 'a@living.test' and recipient.state = 'delivered'").fetchall()
        if len(rows) == SAMPLES:
            return sorted(row[0] for row in rows)
        time.sleep(0.5)
    raise SystemExit(f"only {len(rows)} of {SAMPLES} messages arrived within a minute")


def shown(values):
    return f"median {values[len(values) // 2]} ms, 95th {values[len(values) * 95 // 100]} ms, longest {values[-1]} ms"


def start(folder, sink, count):
    for name, due_in in (("not due yet", 3600), ("all due", -1)):
        # Anew: to delete what is queued, Python's own SQLite would have to know the full-text index.
        shutil.rmtree(os.path.join(folder, "data"), ignore_errors=True)
        empty = Waypost(folder, sink, free_port())
        empty.stop()
        fill(empty.database, count, due_in)
        waypost = Waypost(folder, sink, free_port())
        time.sleep(10)
        print(f"{count} queued, {name}: started in {waypost.seconds:.1f} s, at most {waypost.memory():.0f} MB", flush=True)
        waypost.stop()


def refuse_logins(server):
    """an SMTP server that lets nobody in"""
    def talk(client):
        with client, client.makefile("rwb", buffering=0) as lines:
            lines.write(b"220 test\r\n")
            for line in lines:
                verb = line[:4].upper()
                lines.write(b"250-test\r\n250 AUTH PLAIN\r\n" if verb == b"EHLO" else
                            b"535 5.7.8 no\r\n" if verb == b"AUTH" else b"221 bye\r\n")
                if verb == b"QUIT":
                    return
    while True:
        threading.Thread(target=talk, args=(server.accept()[0],), daemon=True).start()


def beside(folder, sink, count):
    silent = socket.create_server(("127.0.0.1", 0), backlog=4096)
    strict = socket.create_server(("127.0.0.1", 0), backlog=4096)
    taken = []
    threading.Thread(target=lambda: [taken.append(silent.accept()) for _ in range(100_000)], daemon=True).start()
    threading.Thread(target=refuse_logins, args=(strict,), daemon=True).start()
    login = ('username = "u"', 'password = "p"')
    cases = (("empty queue", 0, (free_port(),)), ("beside a refusing upstream", count, (free_port(),)),
             ("beside a silent upstream", count, (silent.getsockname()[1],)),
             ("beside an upstream without an address", count, (25, "upstream.invalid")),
             ("beside an upstream that refuses the login", count, (strict.getsockname()[1], "127.0.0.1", login)))
    for name, queued, dead in cases:
        shutil.rmtree(os.path.join(folder, "data"), ignore_errors=True)
        waypost = Waypost(folder, sink, *dead)
        if queued:
            waypost.stop()
            fill(waypost.database, queued, -1)
            waypost = Waypost(folder, sink, *dead)
            time.sleep(3)
        print(f"{name}, {queued} queued: {shown(delays(waypost))}", flush=True)
        waypost.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=["start", "beside"])
    parser.add_argument("--count", type=int)
    arguments = parser.parse_args()
    folder, port = tempfile.mkdtemp(prefix="waypost-bench-"), free_port()
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    sink = subprocess.Popen(["smtp-sink", *user, f"127.0.0.1:{port}", "1000"])
    try:
        if arguments.case == "start":
            start(folder, port, arguments.count or 1_000_000)
        else:
            beside(folder, port, arguments.count or 100_000)
    finally:
        sink.terminate()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
