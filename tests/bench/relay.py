#!/usr/bin/env python3
"""How fast a relay passes mail on, with Postfix's smtp-source and smtp-sink (Debian's package postfix).

usage: relay.py SMTP_PORT SINK_PORT [--pid PID] [--cases a,b,c,d,e,f] [--repeats 1]

The relay must run, take mail from 127.0.0.1 without a login, and send all of it to 127.0.0.1:SINK_PORT, where this script
starts the sink. Give the port and process of Waypost, then those of a peer, in turn: only figures of one run compare.
"""
import argparse
import os
import re
import subprocess
import tempfile
import time

# sessions, messages, octets of a message, whether a connection is kept for further messages
CASES = {
    "a": (1, 500, 10_240, False),
    "b": (20, 5_000, 4_096, True),
    "c": (20, 5_000, 4_096, False),
    "d": (4, 50, 10_000_000, False),
    "e": (100, 10_000, 2_048, False),
    "f": (1, 500, 10_240, True),
}
GIVE_UP_SECONDS = 120


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory_mb(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read()).group(1)) / 1024


class Sink:
    """Counts what arrives: smtp-sink writes its counters over and over into one line."""

    def __init__(self, port):
        self.output = tempfile.TemporaryFile()
        command = ["smtp-sink", "-c", *(["-u", "nobody"] if os.getuid() == 0 else []), f"127.0.0.1:{port}", "1000"]
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT)
        time.sleep(0.5)

    def messages(self):
        size = os.fstat(self.output.fileno()).st_size
        tail = os.pread(self.output.fileno(), 200, max(0, size - 200)).decode("latin1")
        counts = re.findall(r"mesg=(\d+)(?=\D)", tail)
        return int(counts[-1]) if counts else 0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def run(case, arguments, sink):
    sessions, messages, octets, kept = CASES[case]
    command = ["smtp-source", "-s", str(sessions), "-m", str(messages), "-l", str(octets), "-f", "a@client.test",
               "-t", "b@sink.test", *(["-d"] if kept else []), f"127.0.0.1:{arguments.smtp}"]
    before, began = sink.messages(), time.perf_counter()
    cpu = cpu_seconds(arguments.pid) if arguments.pid else 0
    source = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    accepted = delivered = None
    while (accepted is None or delivered is None) and time.perf_counter() - began < GIVE_UP_SECONDS:
        now = time.perf_counter() - began
        if accepted is None and source.poll() is not None:
            accepted = now
        if sink.messages() - before >= messages:
            delivered = now
        time.sleep(0.005)
    if source.poll() is None:
        source.terminate()
    said = source.communicate()[0].decode("latin1").strip()
    if not accepted or not delivered or source.returncode:
        return f"{case}: failed, {sink.messages() - before} of {messages} arrived; {said[-200:]}"
    line = f"{case}: accepted {messages / accepted:.0f}/s, delivered {messages / delivered:.0f}/s"
    if not arguments.pid:
        return line
    cpu = (cpu_seconds(arguments.pid) - cpu) * 1000 / messages
    return f"{line}, {cpu:.2f} ms of CPU a message, peak memory so far {peak_memory_mb(arguments.pid):.0f} MB"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("smtp", type=int)
    parser.add_argument("sink", type=int)
    parser.add_argument("--pid", type=int)
    parser.add_argument("--cases", default="a,f,b,c,d,e")
    parser.add_argument("--repeats", type=int, default=1)
    arguments = parser.parse_args()
    sink = Sink(arguments.sink)
    try:
        for case in arguments.cases.split(","):
            for _ in range(arguments.repeats):
                print(run(case, arguments, sink), flush=True)
    finally:
        sink.stop()


if __name__ == "__main__":
    main()
