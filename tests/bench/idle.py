#!/usr/bin/env python3
"""Measures what idle connections cost Waypost, and how a working client fares beside them (Linux, python3).

usage: idle.py [--count 2000] [--kind greeted|ehlo|data|starttls|implicit|pop3] [--messages 300]

greeted   the client has read the greeting and says nothing more
ehlo      it has said EHLO as well
data      it has begun a message and stopped within it: a slow sender
starttls  it has said STARTTLS, run the handshake and said EHLO
implicit  TLS from the first octet, greeting read
pop3      a POP3 client that has read the greeting

The working client sends messages over connections of their own, before, beside and after the idle ones.
Starts `waypost serve` with the runtime of WAYPOST_RUNTIME ("deno", "node") in a folder of its own and ends it.
"""
import argparse, os, re, shutil, signal, smtplib, socket, ssl, subprocess, tempfile, threading, time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
MESSAGE = b"Subject: bench\r\n\r\n" + b"A line of text.\r\n" * 60
SETTINGS = """
data_dir = "data"
[smtp]
max_connections = 10000
max_connections_per_address = 10000
[[smtp.listen]]
address = "127.0.0.1:0"
[[smtp.listen]]
address = "127.0.0.1:0"
tls = "implicit"
[pop3]
max_connections = 10000
max_connections_per_address = 10000
[[pop3.listen]]
address = "127.0.0.1:0"
[dashboard]
listen = "127.0.0.1:0"
"""


class Waypost:
    def __init__(self, folder):
        file = os.path.join(folder, "waypost.toml")
        with open(file, "w") as f:
            f.write(SETTINGS)
        self.process = subprocess.Popen(["node", os.path.join(ROOT, "scripts", "run.mjs"), "start", "--config", file],
                                        stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.ports = []
        for line in self.process.stdout:
            found = re.match(r"\s+(smtp|pop3|dashboard)\s+(?:http://)?127\.0\.0\.1:(\d+)", line)
            if found:
                self.ports.append(int(found[2]))
            if len(self.ports) == 4:
                break
        else:
            raise SystemExit("waypost did not start")
        threading.Thread(target=self.process.stdout.read, daemon=True).start()

    def pids(self):
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [self.process.pid] + [int(pid) for pid in open(children).read().split()]

    def memory(self, field="VmRSS"):
        read = lambda pid: re.search(rf"^{field}:\s+(\d+)", open(f"/proc/{pid}/status").read(), re.M)
        return sum(int(read(pid)[1]) for pid in self.pids()) / 1000

    def cpu(self):
        fields = [open(f"/proc/{pid}/stat").read().rpartition(")")[2].split() for pid in self.pids()]
        return sum(int(f[11]) + int(f[12]) for f in fields) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        begun = time.time()
        self.process.wait(30)
        return time.time() - begun


def connect(kind, ports, context):
    port = {"implicit": ports[1], "pop3": ports[2]}.get(kind, ports[0])
    client = socket.create_connection(("127.0.0.1", port))
    if kind == "implicit":
        client = context.wrap_socket(client)
    client.recv(512)
    if kind in ("ehlo", "data", "starttls"):
        client.sendall(b"EHLO idle.example\r\n")
        client.recv(4096)
    if kind == "data":
        client.sendall(b"MAIL FROM:<a@example.net>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        while b"354 " not in client.recv(4096):
            pass
        client.sendall(b"Subject: slow\r\n\r\n" + b"A line of text.\r\n" * 100)
    if kind == "starttls":
        client.sendall(b"STARTTLS\r\n")
        client.recv(512)
        client = context.wrap_socket(client)
        client.sendall(b"EHLO idle.example\r\n")
        client.recv(4096)
    return client


def work(waypost, count):
    """messages a second, and milliseconds of CPU for one, of a client that connects for each"""
    begun, cpu = time.perf_counter(), waypost.cpu()
    for _ in range(count):
        with smtplib.SMTP("127.0.0.1", waypost.ports[0], local_hostname="bench.example") as client:
            client.sendmail("a@example.net", ["b@example.org"], MESSAGE)
    return count / (time.perf_counter() - begun), 1000 * (waypost.cpu() - cpu) / count


def measure(a, waypost):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    # What the first connections of each kind leave behind (compiled code, a library that is loaded) is no cost of many.
    for _ in range(20):
        connect(a.kind, waypost.ports, context).close()
    work(waypost, a.messages)
    before, cpu_before = work(waypost, a.messages)
    time.sleep(8)
    idle = waypost.memory()
    begun, cpu = time.perf_counter(), waypost.cpu()
    clients = [connect(a.kind, waypost.ports, context) for _ in range(a.count)]
    seconds, cpu = time.perf_counter() - begun, waypost.cpu() - cpu
    time.sleep(5)
    with_idle = waypost.memory()
    time.sleep(10)
    settled, resting = waypost.memory(), waypost.cpu()
    time.sleep(5)
    resting = waypost.cpu() - resting
    beside, cpu_beside = work(waypost, a.messages)
    after_work = waypost.memory()
    for client in clients:
        client.close()
    time.sleep(5)
    left = waypost.memory()
    after, cpu_after = work(waypost, a.messages)
    print(f"{a.count} {a.kind}: memory {idle:.0f} MB without, +{with_idle - idle:.1f} MB with them, +{settled - idle:.1f} "
          f"settled, +{after_work - idle:.1f} after work, +{left - idle:.1f} when they are gone; "
          f"{1000 * cpu / a.count:.2f} ms of CPU to open one, {resting:.2f} s of CPU in 5 s of rest; {seconds:.1f} s to "
          f"open all; a client beside them {before:.0f} → {beside:.0f} messages a second, {after:.0f} without them again "
          f"(CPU for one {cpu_before:.1f} → {cpu_beside:.1f}, {cpu_after:.1f} ms)")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--kind", default="greeted", choices=["greeted", "ehlo", "data", "starttls", "implicit", "pop3"])
    parser.add_argument("--messages", type=int, default=300)
    a = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="waypost-bench-")
    waypost = Waypost(folder)
    try:
        measure(a, waypost)
    finally:
        waypost.stop()
        shutil.rmtree(folder, ignore_errors=True)


main()
