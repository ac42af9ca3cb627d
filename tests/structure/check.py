#!/usr/bin/python3
"""check.py ROOT [COMPILER]: the rules about the tree itself. Prints each broken one; exit code 1 if any is."""
import os, re, subprocess, sys
from concurrent.futures import ThreadPoolExecutor

root = os.path.abspath(sys.argv[1])
compiler = sys.argv[2] if len(sys.argv) > 2 else "c++"
LAYERS = ["base", "model", "expression", "arm", "observe", "tls", "http", "upstream", "policy", "router", "registry", "proxy",
          "sources", "runtime"]
SOURCES_MAY = {"base", "model", "arm", "sources"}           # and the control thread's HTTP client, below
SOURCES_MAY_FILES = {"http/client.h", "tls/tls_session.h"}
THIRD_PARTY = re.compile(r"uv\.h|openssl/|rapidjson/|llhttp|nghttp2|fmt/|yaml-cpp|spdlog|CLI/|pcre2|hiredis|libxml|libxslt|libexslt")
problems = []


def files(folder, *endings):
    for base, _, names in os.walk(os.path.join(root, folder)):
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(base, name), root)


def text(path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def include_direction():
    for path in files("lib/src", ".h", ".cc"):
        parts = path.split("/")
        if len(parts) < 4:
            continue
        layer = parts[2]
        if layer not in LAYERS:
            problems.append(f"{path}: {layer} is no layer; the layers are {', '.join(LAYERS)}")
            continue
        for wanted in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text(path), re.M):
            other = wanted.split("/")[0]
            if "/" not in wanted or other not in LAYERS:
                problems.append(f'{path}: include "{wanted}" is not written from lib/src')
            elif layer == "sources":
                if other not in SOURCES_MAY and wanted not in SOURCES_MAY_FILES:
                    problems.append(f'{path}: a source may not include "{wanted}"')
            elif LAYERS.index(other) > LAYERS.index(layer):
                problems.append(f'{path}: {layer} may not include "{wanted}", which is above it')


def public_headers():
    headers = list(files("lib/include/gateway", ".h"))
    for path in headers:
        for wanted in re.findall(r"^\s*#\s*include\s+[<\"]([^>\"]+)", text(path), re.M):
            if THIRD_PARTY.search(wanted):
                problems.append(f"{path}: a public header includes {wanted}")
        body = re.sub(r"//[^\n]*", "", text(path))
        for name in re.findall(r"\b(uv_\w+|SSL\w*|X509\w*|rapidjson|llhttp_\w+|nghttp2_\w+|fmt|YAML)\b(?=::|\s*[*&]|_t)", body):
            problems.append(f"{path}: a public header names {name}")

    def alone(path):
        source = f"#include <{os.path.relpath(path, 'lib/include')}>\n"
        run = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-x", "c++",
                              "-I", os.path.join(root, "lib/include"), "-"],
                             input=source, text=True, capture_output=True)
        if run.returncode:
            problems.append(f"{path}: does not compile alone:\n{run.stderr[:1500]}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(alone, headers))


def folder_readmes():
    for layer in sorted(os.listdir(os.path.join(root, "lib/src"))):
        folder = os.path.join("lib/src", layer)
        if not os.path.isdir(os.path.join(root, folder)):
            continue
        path = os.path.join(folder, "README.md")
        if not os.path.exists(os.path.join(root, path)):
            problems.append(f"{path} is missing")
        elif len(text(path).split("\n## ")[0].splitlines()) > 15:
            problems.append(f"{path} has more than 15 lines before its first chapter")


def readme_names():
    """Steps of the README name `path/file.cc`: `Function`; both must exist."""
    if not os.path.exists(os.path.join(root, "README.md")):
        problems.append("README.md is missing")
        return
    readme = text("README.md")
    found = re.findall(r"`((?:lib|apps|tests|examples|cmake)/[\w./-]+\.(?:cc|h))`:\s*`([\w:~]+)`", readme)
    for heading in ("## Life of a request", "## Life of a snapshot"):
        if heading not in readme:
            problems.append(f"README.md: no section {heading}")
            continue
        section = readme.split(heading, 1)[1].split("\n## ", 1)[0]
        if len(re.findall(r"^\d+\.", section, re.M)) < 5:
            problems.append(f"README.md: {heading} has fewer than five steps")
        for step in re.findall(r"^\d+\..*(?:\n(?!\d+\.|\n).*)*", section, re.M):
            if not re.search(r"`[\w./-]+\.(?:cc|h)`:\s*`[\w:~]+`", step):
                problems.append(f"README.md: a step of {heading} names no file and function: {step[:60]}")
    for path, function in found:
        if not os.path.exists(os.path.join(root, path)):
            problems.append(f"README.md names {path}, which does not exist")
        elif not re.search(r"\b" + re.escape(function.split("::")[-1]) + r"\b", text(path)):
            problems.append(f"README.md names {function} in {path}, which has no such name")
    for path in re.findall(r"\]\((?!https?:|#)([^)#]+)", readme):
        if not os.path.exists(os.path.join(root, path)):
            problems.append(f"README.md links to {path}, which does not exist")


for rule in (include_direction, public_headers, folder_readmes, readme_names):
    before = len(problems)
    rule()
    print(f"{'ok' if len(problems) == before else 'BROKEN'}  {rule.__name__}")
for problem in problems:
    print(" -", problem)
sys.exit(1 if problems else 0)
