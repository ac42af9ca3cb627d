"""Everything temporary of a test program is in one folder, which goes when the program ends."""

import atexit
import shutil
import tempfile

tempfile.tempdir = tempfile.mkdtemp(prefix='gateway-test-')
atexit.register(shutil.rmtree, tempfile.tempdir, ignore_errors=True)
