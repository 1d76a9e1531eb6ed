#!/usr/bin/env python3
"""What the live view costs the mail path (Linux, python3, Postfix's smtp-source and smtp-sink).

usage: live.py [--viewers 5] [--rounds 8] [--messages 5000] [--sessions 20]

Starts `waypost serve` with the runtime of WAYPOST_RUNTIME ("deno", "node") in a folder of its own, and sends the same mail
through it in turn with nobody and with so many browsers that look at the overview: each holds the stream of live events and
fetches the page anew whenever an event says so, as htmx does. Rates differ from round to round; the median of the ratios of
neighbours, and the CPU a message, tell.
"""
import argparse, os, re, shutil, socket, statistics, subprocess, tempfile, threading, time, urllib.parse, urllib.request
from relay import Sink, cpu_seconds

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Waypost:
    def __init__(self, folder, sink):
        file = os.path.join(folder, "waypost.toml")
        with open(file, "w") as f:
            f.write(f'data_dir = "data"\n[smtp]\nallow_without_auth = ["127.0.0.0/8"]\n[[smtp.listen]]\naddress = "127.0.0.1:0"\n'
                    f'[pop3]\nlisten = []\n[dashboard]\nlisten = "127.0.0.1:0"\n'
                    f'[[upstream]]\nname = "sink"\nhost = "127.0.0.1"\nport = {sink}\ntls = "off"\nmax_connections = 20\n')
        self.process = subprocess.Popen(["node", os.path.join(ROOT, "scripts", "run.mjs"), "start", "--config", file],
                                        stdout=subprocess.PIPE, text=True)
        said = ""
        while not all(found := [re.search(pattern, said) for pattern in
                                (r"smtp\s+127\.0\.0\.1:(\d+)", r"http://127\.0\.0\.1:(\d+)", r"\b((?:\w{4}-){2}\w{4})\b")]):
            line = self.process.stdout.readline()
            if not line:
                raise SystemExit("waypost did not start:\n" + said)
            said += line
        self.smtp, self.dashboard, self.code = (one[1] for one in found)
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        children = open(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read().split()
        self.pid = int(children[0]) if children else self.process.pid
        self.cookie = self.set_up()

    def set_up(self):
        form = {"code": self.code, "name": "anna", "password": "correct horse", "again": "correct horse"}
        base = f"http://127.0.0.1:{self.dashboard}"
        request = urllib.request.Request(base + "/setup", urllib.parse.urlencode(form).encode(), {"Origin": base})
        opener = urllib.request.build_opener(NoRedirect)
        try:
            answer = opener.open(request)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.headers["set-cookie"].split(";")[0]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Viewer(threading.Thread):
    """a browser that looks at the overview until it is told to leave"""

    def __init__(self, waypost):
        super().__init__(daemon=True)
        self.waypost, self.leaves, self.pages, self.octets = waypost, False, 0, 0
        self.start()

    def ask(self, path):
        connection = socket.create_connection(("127.0.0.1", int(self.waypost.dashboard)))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.waypost.dashboard}\r\nAccept-Encoding: gzip\r\n"
                           f"Cookie: {self.waypost.cookie}\r\nConnection: close\r\n\r\n".encode())
        return connection

    def run(self):
        self.look()
        with self.ask("/api/v1/events") as stream:
            stream.settimeout(0.5)
            while not self.leaves:
                try:
                    if b"event: changed" in stream.recv(65536):
                        self.look()
                except TimeoutError:
                    pass

    def look(self):
        with self.ask("/") as page:
            while octets := page.recv(262144):
                self.octets += len(octets)
        self.pages += 1


def send(waypost, sink, sessions, messages):
    """messages a second, until all have arrived, and CPU seconds"""
    command = ["smtp-source", "-s", str(sessions), "-m", str(messages), "-l", "4096", "-f", "a@client.test", "-t", "b@sink.test",
               "-d", f"127.0.0.1:{waypost.smtp}"]
    before, cpu, began = sink.messages(), cpu_seconds(waypost.pid), time.perf_counter()
    source = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while sink.messages() - before < messages:
        if time.perf_counter() - began > 120:
            raise SystemExit("mail does not arrive")
        time.sleep(0.005)
    rate = messages / (time.perf_counter() - began)
    source.wait()
    return rate, (cpu_seconds(waypost.pid) - cpu) * 1000 / messages


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viewers", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--sessions", type=int, default=20)
    arguments = parser.parse_args()
    folder, port = tempfile.mkdtemp(prefix="waypost-bench-"), free_port()
    sink, waypost = Sink(port), None
    try:
        waypost = Waypost(folder, port)
        send(waypost, sink, arguments.sessions, arguments.messages)
        ratios, cpus = [], {0: [], 1: []}
        for number in range(arguments.rounds):
            rates = {}
            # Who goes first changes, for the machine grows faster or slower meanwhile.
            for looked_at in (0, 1) if number % 2 == 0 else (1, 0):
                viewers = [Viewer(waypost) for _ in range(arguments.viewers if looked_at else 0)]
                time.sleep(1.5)
                rates[looked_at], cpu = send(waypost, sink, arguments.sessions, arguments.messages)
                cpus[looked_at].append(cpu)
                for viewer in viewers:
                    viewer.leaves = True
                for viewer in viewers:
                    viewer.join()
                seen = sum(viewer.pages for viewer in viewers)
            ratios.append(rates[1] / rates[0])
            print(f"{rates[0]:.0f}/s with nobody, {rates[1]:.0f}/s with {arguments.viewers} viewers: {ratios[-1]:.3f}", flush=True)
        print(f"median ratio of the rates {statistics.median(ratios):.3f}; CPU a message {statistics.median(cpus[0]):.3f} and "
              f"{statistics.median(cpus[1]):.3f} ms: {statistics.median(cpus[1]) / statistics.median(cpus[0]):.3f}")
    finally:
        if waypost:
            waypost.stop()
        sink.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
