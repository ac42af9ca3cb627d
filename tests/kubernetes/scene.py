"""A namespace with services and backends, and a gatewayd that serves it."""

import contextlib

from support.backend import Backend
from support.gatewayd import Gatewayd
from support.wait import wait_until

from cluster import INGRESSES
from namespace import POD_ADDRESSES


class Scene:
    def __init__(self, cluster, gatewayd, namespace, backends):
        self.cluster = cluster
        self.gatewayd = gatewayd
        self.namespace = namespace
        self.backends = backends  # name of the Service -> Backend

    def put(self, *ingresses):
        for ingress in ingresses:
            self.cluster.put_ingress(self.namespace, ingress)

    def delete(self, *names):
        for name in names:
            self.cluster.delete_ingress(self.namespace, name)

    def answers(self, host, path='/', **more):
        """The name of the backend that answers, or the status."""
        return self.gatewayd.backend_of(host, path, **more)

    def until(self, host, path, expected, seconds=5.0):
        """Waits until `expected` (a backend's name or a status) is the answer."""
        wait_until(lambda: self.answers(host, path) == expected,
                   '%s%s to be answered by %s' % (host, path, expected), seconds)


@contextlib.contextmanager
def backends(names):
    """Backends by name, each on the pod address of its place in `names`, port 8080."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Backend(name, POD_ADDRESSES[place], 8080))
               for place, name in enumerate(names)}


@contextlib.contextmanager
def scene(cluster, services=('a', 'b', 'c'), settings=None, prepare=None):
    """Services with one backend each, port 80 named http. `prepare(namespace)` runs before gatewayd."""
    space = cluster.make_namespace()
    with backends(services) as made:
        for name in services:
            cluster.put_service(space, name, [made[name].address])
        if prepare:
            prepare(space)
        chosen = cluster.as_kubeconfig(space)
        chosen.update(settings or {})
        with Gatewayd(chosen, folder=cluster.folder) as gatewayd:
            gatewayd.wait_ready()
            yield Scene(cluster, gatewayd, space, made)
        cluster.client.delete(INGRESSES % space)
