"""Apache Kafka's jars: fetched once by Maven, held to jars.sha512, kept in build/kafka."""

import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE.parents[1] / "build" / "kafka"
PINNED = HERE / "jars.sha512"
FETCHER = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
UNAVAILABLE = 4  # the exit code of "no broker can run here"


def fail(code, why):
    print(f"{pathlib.Path(sys.argv[0]).name}: {why}", file=sys.stderr)
    sys.exit(code)


def version():
    return re.search(r"kafka_2\.13-([0-9.]+)\.jar", PINNED.read_text()).group(1)


def differences(folder):
    """Names of the jars that are missing, unexpected, or other than their checksum says."""
    wanted = {}
    for line in PINNED.read_text().splitlines():
        digest, name = line.split()
        wanted[name] = digest
    found = {path.name: hashlib.sha512(path.read_bytes()).hexdigest()
             for path in folder.glob("*")}
    return sorted(name for name in wanted.keys() | found.keys()
                  if wanted.get(name) != found.get(name))


def fetch(folder):
    with tempfile.TemporaryDirectory(prefix="new.", dir=KEPT) as made:
        new = pathlib.Path(made) / "jars"
        done = subprocess.run(
            ["mvn", "--batch-mode", "--quiet", "--file", HERE / "pom.xml",
             f"-Dmaven.repo.local={made}/repository", FETCHER, "-DincludeScope=runtime",
             f"-DoutputDirectory={new}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, timeout=900)
        if done.returncode != 0:
            (KEPT / "fetch.log").write_bytes(done.stdout)
            fail(UNAVAILABLE, f"Maven cannot fetch Kafka {version()} (is the network reachable? "
                              f"it says why in {KEPT}/fetch.log)")
        if wrong := differences(new):
            fail(1, f"{', '.join(wrong)}: not what ops/kafka/jars.sha512 says; nothing is used")
        shutil.move(new, folder)


def classpath():
    """The jars for `java -cp`. Ends the program with UNAVAILABLE where they cannot be had."""
    if shutil.which("java") is None:
        fail(UNAVAILABLE, "java is not installed (ops/setup installs it)")
    folder = KEPT / version()
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            if shutil.which("mvn") is None:
                fail(UNAVAILABLE, "Maven is not installed (ops/setup installs it)")
            fetch(folder)
    return f"{folder}{os.sep}*"


def java(main, *args, heap="128m", options=()):
    """The command that runs a class of Kafka."""
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:-UsePerfData",
            f"-Dlog4j2.configurationFile={HERE / 'log4j2.properties'}",
            *options, "-cp", classpath(), main, *[str(arg) for arg in args]]
