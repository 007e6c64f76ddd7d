"""The eleven clients of this folder as data: what each is written with, what it needs, and how it is started.

Takes nothing but the standard library, and runs nothing but what asks a toolchain for its version.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
CLASSPATH = os.pathsep.join(f"/usr/share/java/{jar}.jar" for jar in ("okhttp", "okhttp-tls", "okio"))
HTTP_REQUEST2 = """
if (!@include_once 'HTTP/Request2.php') { fwrite(STDERR, "no HTTP/Request2.php on PHP's include path"); exit(1); }
echo (new HTTP_Request2())->getHeaders()['user-agent'], PHP_EOL;
"""
JQUERY_AND_CHROMIUM = """
const {execFileSync} = require("node:child_process");
`jQuery ${require("jquery/package.json").version}, ${execFileSync("chromium", ["--version"])}`.split(" built ")[0]
"""


@dataclass(frozen=True)
class SeedClient:
    """One row: the document's language, and our client in that language.

    Every command is run in a folder that holds a copy of this one, and Node's modules.

    Attributes:
        name: The heading in the document.
        library: What sends the request.
        source: The client's file.
        run: The command that starts it.
        twin: The captured requests of the document's own sample: ``tests/corpus/seed/TWIN.filled.json`` and
            ``TWIN.unfilled-placeholder.json``.
        version: A command that prints the version of *library*, and fails if it is not there.
        get: Where to get what it needs.
        programs: What must be on the PATH.
        build: A command to run once before; empty: none.
        https: Whether the client can be given the CA file of a test server.
        awkward: The rules that the client breaks if the code holds characters that a form has to encode.
    """

    name: str
    library: str
    source: str
    run: tuple[str, ...]
    twin: str
    version: tuple[str, ...]
    get: str
    programs: tuple[str, ...]
    build: tuple[str, ...] = ()
    https: bool = True
    awkward: tuple[str, ...] = ()


CLIENTS = (
    SeedClient(
        "cURL",
        "curl",
        "curl.sh",
        run=("sh", "curl.sh"),
        twin="curl",
        version=("curl", "--version"),
        get="Debian: curl",
        programs=("sh", "curl"),
    ),
    SeedClient(
        "C#",
        "System.Net.Http of Mono",
        "HttpClientToken.cs",
        run=("mono", "HttpClientToken.exe"),
        build=("mcs", "-nologo", "-r:System.Net.Http.dll", "HttpClientToken.cs"),
        twin="csharp-mono-httpclient",
        version=("mono", "--version"),
        get="Debian: mono-mcs, mono-runtime, libmono-system-net-http4.0-cil",
        programs=("mono", "mcs"),
        # Mono trusts what its own store holds; no setting names a CA file.
        https=False,
    ),
    SeedClient(
        "Go",
        "net/http",
        "net_http.go",
        run=("./net_http",),
        build=("go", "build", "-o", "net_http", "net_http.go"),
        twin="go",
        version=("go", "version"),
        get="Debian: golang-go",
        programs=("go",),
    ),
    SeedClient(
        "HTTP",
        "a socket, written to from Python",
        "raw_http.py",
        run=(sys.executable, "raw_http.py"),
        twin="http-raw",
        version=(sys.executable, "--version"),
        get="nothing to get",
        programs=(sys.executable,),
    ),
    SeedClient(
        "Java",
        "OkHttp",
        "OkHttpToken.java",
        run=("java", "-cp", CLASSPATH, "OkHttpToken.java"),
        twin="java-okhttp",
        version=("dpkg-query", "--show", "--showformat=OkHttp ${Version}\\n", "libokhttp-java"),
        get="Debian: default-jdk-headless, libokhttp-java",
        programs=("java", "javac"),
        # The document puts the form together without encoding it, and OkHttp sends a body as it is.
        awkward=("code-mismatch",),
    ),
    SeedClient(
        "jQuery",
        "$.ajax in headless Chromium",
        "jquery.mjs",
        run=("node", "jquery.mjs"),
        twin="jquery",
        version=("node", "-p", JQUERY_AND_CHROMIUM),
        get="npm: jquery; Debian: chromium, nodejs",
        programs=("node", "chromium"),
        # Chromium takes its authorities from a database of the user's; no option names a CA file.
        https=False,
    ),
    SeedClient(
        "NodeJS",
        "request",
        "request.js",
        run=("node", "request.js"),
        twin="node-request",
        version=("node", "-p", "`request ${require('request/package.json').version}, Node ${process.version}`"),
        get="npm: request; Debian: nodejs",
        programs=("node",),
    ),
    SeedClient(
        "Python",
        "requests",
        "requests_post.py",
        run=(sys.executable, "requests_post.py"),
        twin="python-requests",
        version=(sys.executable, "-c", "import requests; print('requests', requests.__version__)"),
        get="PyPI: requests",
        programs=(sys.executable,),
    ),
    SeedClient(
        "PHP",
        "PEAR HTTP_Request2",
        "http_request2.php",
        run=("php", "http_request2.php"),
        twin="php-http-request2",
        version=("php", "-r", HTTP_REQUEST2),
        get="Debian: php-cli; PEAR: HTTP_Request2, which neither Debian 12 nor PyPI nor npm has",
        programs=("php",),
    ),
    SeedClient(
        "Ruby",
        "Net::HTTP",
        "net_http.rb",
        run=("ruby", "net_http.rb"),
        twin="ruby-net-http",
        version=("ruby", "-r", "net/http", "-e", "puts RUBY_DESCRIPTION"),
        get="Debian: ruby",
        programs=("ruby",),
    ),
    SeedClient(
        "Swift",
        "URLSession",
        "URLSessionToken.swift",
        run=("./URLSessionToken",),
        build=("swiftc", "-o", "URLSessionToken", "URLSessionToken.swift"),
        twin="swift-urlsession",
        version=("swiftc", "--version"),
        get="Debian 13: swiftlang; Debian 12, PyPI and npm have no compiler",
        programs=("swiftc",),
        # URLSession trusts what the system trusts; on Linux no setting names a CA file.
        https=False,
    ),
)


def reason_not_to_run(client: SeedClient, folder: Path) -> str | None:
    """Why *client* cannot run here: the exact program that is not there, or what the library said; None if it can."""
    missing = [program for program in client.programs if shutil.which(program) is None]
    if missing:
        return f"no {' and no '.join(missing)} on the PATH ({client.get})"
    found = ask_version(client, folder)
    if found.returncode == 0:
        return None
    said = next(iter((found.stderr or found.stdout).strip().splitlines()), f"status {found.returncode}")
    return f"{client.library} is not there: {said} ({client.get})"


def ask_version(client: SeedClient, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command that prints the library's version."""
    return subprocess.run(client.version, cwd=folder, capture_output=True, encoding="utf-8", timeout=60, check=False)
