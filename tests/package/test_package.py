#!/usr/bin/python3
"""The installed package, used by a project that knows nothing else: shared and static, by CMake and by
pkg-config, and beside OpenSSL; and what the library exports."""
import glob, os, re, subprocess, sys, tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests"))
from support import runner  # noqa: E402

BUILD = os.environ.get("BUILD_DIR", os.path.join(ROOT, "build/release"))
CONSUMER = os.path.join(ROOT, "tests/package/consumer")
scratch = tempfile.TemporaryDirectory(prefix="gateway-package-")


def run(*command, **more):
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **more)
    assert done.returncode == 0, f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-3000:]}"
    return done.stdout


def install(build, name):
    prefix = os.path.join(scratch.name, name)
    run("cmake", "--install", build, "--prefix", prefix)
    return prefix


def library(prefix, pattern):
    found = glob.glob(f"{prefix}/lib/**/{pattern}", recursive=True)
    assert found, f"no {pattern} below {prefix}"
    return found[0]


def consume(prefix, name, *options):
    build = os.path.join(scratch.name, name)
    run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", *options)
    run("cmake", "--build", build)
    run(os.path.join(build, "consumer"), timeout=30)


def test_a_foreign_project_uses_the_shared_library():
    consume(install(BUILD, "shared"), "consume-shared")


def test_pkg_config_tells_how_to_use_it():
    prefix = os.path.join(scratch.name, "shared")
    folder = os.path.dirname(library(prefix, "gateway.pc"))
    flags = run("pkg-config", "--cflags", "--libs", f"--define-variable=prefix={prefix}", "gateway",
                env={**os.environ, "PKG_CONFIG_PATH": folder}).split()
    program = os.path.join(scratch.name, "by-pkg-config")
    run("c++", "-std=c++20", os.path.join(CONSUMER, "main.cc"), "-o", program, *flags)
    run(program, timeout=30, env={**os.environ, "LD_LIBRARY_PATH": os.path.dirname(library(prefix, "libgateway.so"))})


def test_only_the_librarys_own_symbols_are_exported():
    path = library(os.path.join(scratch.name, "shared"), "libgateway.so")
    names = [line.split(None, 2)[-1] for line in run("nm", "-D", "--defined-only", "-C", path).splitlines()]
    # Templates of the standard library that are instantiated here may be merged with the program's.
    ours = re.compile(r"^(\w )?((typeinfo|typeinfo name|vtable|guard variable|VTT|construction vtable)( for)? )?gateway::")
    foreign = [n for n in names if not ours.match(n) and "std::" not in n]
    assert not foreign, f"{len(foreign)} foreign symbols: {foreign[:10]}"
    assert len(names) > 20, names


def test_beside_openssl_in_one_program():
    consume(os.path.join(scratch.name, "shared"), "consume-shared-openssl", "-DWITH_OPENSSL=ON")


def test_the_static_library_beside_openssl():
    build = os.path.join(ROOT, "build/static")
    run("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_CXX_FLAGS_RELEASE=-O2 -g1 -DNDEBUG",
        "-DBUILD_SHARED_LIBS=OFF", "-DGATEWAY_BUILD_TESTS=OFF", "-DGATEWAY_BUILD_APPS=OFF", "-DGATEWAY_BUILD_EXAMPLES=OFF")
    run("cmake", "--build", build)
    prefix = install(build, "static")
    clashing = [line for line in run("nm", "--defined-only", "-g", library(prefix, "libgateway.a")).splitlines()
                if re.search(r" [TDBR] (SSL_|X509_|EVP_|CRYPTO_|llhttp_)", line)]
    assert not clashing, clashing[:10]
    consume(prefix, "consume-static", "-DWITH_OPENSSL=ON")


runner.main(globals())
