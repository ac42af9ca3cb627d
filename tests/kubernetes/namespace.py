"""A network namespace for a test file, so that pods can have addresses of their own.

The API server refuses loopback addresses as endpoints. The test file therefore runs again inside a
namespace that it makes itself, where `lo` also holds the pods' addresses; everything it starts
lives there, and ends when it ends.
"""

import os
import signal
import subprocess
import sys

_MARK = 'GATEWAY_TEST_NAMESPACE'

API_ADDRESS = '10.244.0.1'
POD_ADDRESSES = ['10.244.0.%d' % last for last in range(10, 31)]
POD_PORT = 9000  # none of those that gatewayd listens on by default, here on the pods' addresses too


def inside():
    return _MARK in os.environ


def enter():
    """Returns inside the namespace; outside it runs the program there, and exits as that did."""
    if inside():
        return
    name = 'gateway-test-%d' % os.getpid()
    made = subprocess.run(['ip', 'netns', 'add', name], capture_output=True, text=True) \
        if os.access('/usr/bin/ip', os.X_OK) or os.access('/sbin/ip', os.X_OK) else None
    if made is None or made.returncode != 0:
        print('skipped everything: no network namespace can be made here: %s'
              % (made.stderr.strip() if made else 'the program ip is missing'))
        print('0 passed, 0 failed, 1 skipped')
        sys.exit(0)
    child = None

    def end(*_):
        sys.exit(143)

    signal.signal(signal.SIGTERM, end)
    try:
        setup = ['link set lo up'] + ['address add %s/32 dev lo' % address
                                      for address in [API_ADDRESS] + POD_ADDRESSES]
        subprocess.run(['ip', '-netns', name, '-batch', '-'], input='\n'.join(setup), text=True,
                       check=True)
        child = subprocess.Popen(['ip', 'netns', 'exec', name, sys.executable] + sys.argv,
                                 env=dict(os.environ, **{_MARK: name}))
        code = child.wait()
    finally:
        if child is not None and child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
        left = subprocess.run(['ip', 'netns', 'pids', name], capture_output=True, text=True)
        for pid in left.stdout.split():
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        subprocess.run(['ip', 'netns', 'delete', name], check=False)
    sys.exit(code)
