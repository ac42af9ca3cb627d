"""Requests at a fixed rate, whatever the answers do (an open loop).

A program of its own, so that nothing in the test disturbs its clock. Each request has a due time;
its latency counts from then, so that a stall is seen in every request that it held up. Runs until
its standard input ends, then prints one JSON line.
"""

import argparse
import json
import select
import socket
import sys
import time


class _Line:
    """A kept connection with at most one request under way."""

    def __init__(self, address, port):
        self.where = (address, port)
        self.socket = None
        self.buffer = b''
        self.due = None

    def connect(self):
        self.socket = socket.create_connection(self.where, 5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.buffer = b''


def percentile(values, share):
    """The value that `share` of the sorted `values` do not exceed; None without values."""
    if not values:
        return None
    return values[min(len(values) - 1, int(len(values) * share))]


def drive(address, port, rate, targets, lines, out):
    all_lines = [_Line(address, port) for _ in range(lines)]
    by_number = {}
    idle = []
    waiting = []  # due times that found every connection busy
    latencies, failures, sent = [], {}, 0

    def fail(line, why):
        failures[why] = failures.get(why, 0) + 1
        reopen(line)

    def reopen(line):
        if line.socket is not None:
            by_number.pop(line.socket.fileno(), None)
            line.socket.close()
        line.connect()
        by_number[line.socket.fileno()] = line
        line.due = None
        idle.append(line)

    for line in all_lines:
        reopen(line)
    requests = [('GET %s HTTP/1.1\r\nHost: %s\r\n\r\n' % (path, host)).encode()
                for host, path in targets]

    def send(line, due):
        nonlocal sent
        line.due = due
        data = requests[sent % len(requests)]
        sent += 1
        try:
            line.socket.send(data)
        except OSError as error:
            fail(line, type(error).__name__)

    stdin = sys.stdin.fileno()
    started = time.monotonic()
    next_due = started
    stopping = None
    while True:
        now = time.monotonic()
        if stopping is None:
            while next_due <= now:
                waiting.append(next_due)
                next_due += 1.0 / rate
        elif not waiting and all(line.due is None for line in all_lines):
            break
        elif now > stopping + 10:
            failures['no answer'] = sum(line.due is not None for line in all_lines) + len(waiting)
            break
        while waiting and idle:
            send(idle.pop(), waiting.pop(0))
        pause = 0.05 if stopping is not None else max(0.0, next_due - time.monotonic())
        # select, since the time-outs of poll and epoll are whole milliseconds
        watched = list(by_number) + ([stdin] if stopping is None else [])
        for number in select.select(watched, [], [], pause)[0]:
            if number == stdin:
                if not sys.stdin.buffer.read1(1):
                    stopping = time.monotonic()
                continue
            line = by_number.get(number)
            if line is None:
                continue
            try:
                data = line.socket.recv(65536)
            except BlockingIOError:
                continue
            except OSError as error:
                if line.due is not None:
                    fail(line, type(error).__name__)
                continue
            if not data:
                if line.due is not None:
                    fail(line, 'closed')
                else:
                    idle.remove(line)
                    reopen(line)
                continue
            line.buffer += data
            head, mark, rest = line.buffer.partition(b'\r\n\r\n')
            if not mark:
                continue
            at = head.lower().find(b'content-length:')
            length = int(head[at + 15:].split(b'\r\n')[0]) if at >= 0 else 0
            if len(rest) < length:
                continue
            latencies.append(time.monotonic() - line.due)
            status = head[9:12].decode()
            line.buffer = b''
            line.due = None
            closing = b'connection: close' in head.lower()
            if status != '200':
                failures[status] = failures.get(status, 0) + 1
            if closing:
                reopen(line)
            else:
                idle.append(line)
    seconds = time.monotonic() - started
    latencies.sort()
    print(json.dumps({
        'requests': sent, 'answers': len(latencies), 'seconds': round(seconds, 3),
        'rate': round(len(latencies) / seconds, 1), 'failures': failures,
        'p50_ms': _ms(percentile(latencies, 0.50)), 'p99_ms': _ms(percentile(latencies, 0.99)),
        'max_ms': _ms(latencies[-1] if latencies else None)}), file=out, flush=True)


def _ms(seconds):
    return None if seconds is None else round(seconds * 1000, 3)


class OpenLoop:
    """The program, as a test uses it. `targets`: pairs of host and path, asked in turn."""

    def __init__(self, port, rate, targets, address='127.0.0.1', lines=32):
        import subprocess
        self._child = subprocess.Popen(
            [sys.executable, __file__, '--address', address, '--port', str(port), '--rate', str(rate),
             '--lines', str(lines)] + ['%s%s' % target for target in targets],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def finish(self):
        """Ends the load; returns its figures."""
        out, _ = self._child.communicate(timeout=30)
        return json.loads(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--address', default='127.0.0.1')
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--rate', type=float, required=True)
    parser.add_argument('--lines', type=int, default=32)
    parser.add_argument('targets', nargs='+', metavar='HOST/PATH')
    wanted = parser.parse_args()
    targets = []
    for text in wanted.targets:
        host, slash, path = text.partition('/')
        targets.append((host, slash + path))
    drive(wanted.address, wanted.port, wanted.rate, targets, wanted.lines, sys.stdout)


if __name__ == '__main__':
    main()
