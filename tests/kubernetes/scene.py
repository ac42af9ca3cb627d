"""A namespace with services and backends, and a gatewayd that serves it."""

import contextlib

from support.backend import Backend
from support.gatewayd import TEST_SETTINGS, Gatewayd
from support.wait import wait_until

from cluster import INGRESSES, deploy_manifest
from namespace import POD_ADDRESSES, POD_PORT


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

    def told(self):
        """What the Ingress source says is wrong: lines of where and message."""
        source = next(s for s in self.gatewayd.status()['sources'] if s['kind'] == 'ingress')
        return ['%(where)s: %(message)s' % error for error in source['errors']]


@contextlib.contextmanager
def backends(names):
    """Backends by name, each on the pod address of its place in `names`."""
    with contextlib.ExitStack() as stack:
        yield {name: stack.enter_context(Backend(name, POD_ADDRESSES[place], POD_PORT))
               for place, name in enumerate(names)}


@contextlib.contextmanager
def _served(cluster, services):
    """A new namespace with services of one backend each, port 80 named http."""
    space = cluster.make_namespace()
    with backends(services) as made:
        for name in services:
            cluster.put_service(space, name, [made[name].address])
        yield space, made
        cluster.client.delete(INGRESSES % space)


@contextlib.contextmanager
def scene(cluster, services=('a', 'b', 'c'), settings=None):
    """A gatewayd that is all the tests' own: free ports on loopback, an administrator's kubeconfig."""
    with _served(cluster, services) as (space, made):
        chosen = dict(cluster.as_kubeconfig(space), **(settings or {}))
        with Gatewayd(chosen, folder=cluster.folder) as gatewayd:
            gatewayd.wait_ready()
            yield Scene(cluster, gatewayd, space, made)


@contextlib.contextmanager
def pod_scene(cluster, services=('a', 'b', 'c')):
    """A gatewayd as users run it: a pod's service account with the namespaced Role of the deployment,
    two settings, and otherwise defaults."""
    with _served(cluster, services) as (space, made):
        cluster.apply(deploy_manifest('rbac.yaml', space))
        settings = {'k8s.ingress.enabled': 'true', 'k8s.ingress.namespace': space}
        with in_pod(cluster, space, settings, by_default=True) as gatewayd:
            gatewayd.wait_ready()
            yield Scene(cluster, gatewayd, space, made)


@contextlib.contextmanager
def in_pod(cluster, space, settings, by_default=False, account='gatewayd'):
    """gatewayd with the files of a ServiceAccount that a manifest made, `settings` being variables of
    its environment. `by_default`: nothing else is set; otherwise TEST_SETTINGS are."""
    folder = cluster.service_account(space, account, create=False)
    others = dict.fromkeys(TEST_SETTINGS) if by_default else None
    with Gatewayd(others, wrapper=cluster.in_pod(folder, settings), folder=cluster.folder) as gatewayd:
        gatewayd.account_folder = folder
        yield gatewayd
        if by_default:
            gatewayd.kill()  # it would stay for drain.delay
