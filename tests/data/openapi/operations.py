#!/usr/bin/python3
"""operations.py FILE: the operations of an OpenAPI or Swagger document, one `METHOD path` a line, sorted."""
import json, sys
import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

with open(sys.argv[1], encoding="utf-8") as file:
    text = file.read()
loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
document = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, loader)
for line in sorted(f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item
                   if method in METHODS):
    print(line)
