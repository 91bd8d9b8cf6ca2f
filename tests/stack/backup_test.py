# SPDX-License-Identifier: MIT
"""Backups that are made while jobs run, put back and compared: every row, every score, and a job that was under way
goes on from where it was, to the sums of one undisturbed process. What is cut short, changed, too new or damaged is
refused, and nothing is replaced without being told to.

usage: backup_test.py BUILD DATA sqlite|postgres

Invariant: only processes that this test has started are signalled, and all of them are gone at its end."""
import glob
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import processes  # noqa: E402
from chaos_test import undisturbed  # noqa: E402

USAGE, INPUT, UNAVAILABLE = 2, 3, 5  # exit statuses
FORECASTS = 5  # of the job that is under way: 72 batches each


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"{what}: {got!r:.600}, wanted {wanted!r:.600}")


def run(*arguments, status=0, says=""):
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != status or says not in done.stdout:
        raise SystemExit(f"{arguments}: {done.returncode}, wanted {status} and '{says}': {done.stdout}")
    return done.stdout


def submit(world, spec):
    return processes.json.loads(world.ask("POST", "/v1/jobs", spec))["id"]


def wait(world, job, is_enough):
    deadline = time.monotonic() + processes.PATIENCE_S
    while time.monotonic() < deadline:
        now = world.job(job)
        if is_enough(now):
            return now
        expect("a job that goes on", now["state"] in ("failed", "cancelled"), False)
        time.sleep(0.02)
    raise SystemExit(f"{job} takes too long\n{world.tail('scheduler')}")


def is_done(job):
    return job["state"] == "succeeded"


class Jobs:
    """One job that is over before the backup, and one that is under way meanwhile."""

    def __init__(self, build, data, world):
        path = processes.case_job(data, "uk_2019_t2m", FORECASTS, world.folder)
        self.sums = undisturbed(build, path, world.folder)
        with open(path, "rb") as file:
            self.long = submit(world, file.read())
        path = processes.case_job(data, "era5_2017_persistence", 1, world.folder)
        with open(path, "rb") as file:
            self.short = submit(world, file.read().replace(b'"name"', b'"queue": {"priority": 9}, "name"'))
        wait(world, self.short, is_done)
        self.scores = world.ask("GET", f"/v1/jobs/{self.short}/scores")

    def under_way(self, world, units):
        now = wait(world, self.long, lambda job: job["units_done"] >= units)
        expect("it is under way", now["state"], "running")

    def check(self, world):
        """Everything that was there is there, and what was under way comes to its end."""
        expect("scores of the job that was over", world.ask("GET", f"/v1/jobs/{self.short}/scores"), self.scores)
        now = wait(world, self.long, is_done)
        expect("every batch counts once", now["units_done"], now["units_total"])
        expect("sums of the job that was under way", world.moments(self.long) == self.sums, True)


def stop(world):
    world.scheduler.end()
    expect("exit status of the scheduler", world.scheduler.process.returncode, 0)


def another_world(build, executors=2):
    """A world that nothing of has been started yet."""
    return processes.World(build, executors=executors, scheduler_options=["--batch-units", "1"])


# ---- SQLite ----

def rows(path):
    """Every row of every table, in order."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    expect(f"integrity of {path}", database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
    tables = [name for name, in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1")]
    found = {name: sorted(map(repr, database.execute(f"SELECT * FROM {name}"))) for name in tables}
    database.close()
    return found


def restored(build, backup, *options, state, **more):
    return run(os.path.join(build, "gaia-scheduler"), "--state", state, "--restore", backup, *options, **more)


def refusals(build, folder, backup, state):
    """Files that are no backups, into a directory that has no database."""
    with open(backup, "rb") as file:
        whole = file.read()
    damaged = os.path.join(folder, "damaged")
    for length in (0, 15, 16, 4096, len(whole) // 2, len(whole) - 16, len(whole) - 1):
        with open(damaged, "wb") as file:
            file.write(whole[:length])
        restored(build, damaged, state=state, status=INPUT, says="cut short")
    for at in (0, 18, 100, len(whole) // 3, len(whole) // 2, len(whole) - 17, len(whole) - 1):
        with open(damaged, "wb") as file:
            file.write(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
        restored(build, damaged, state=state, status=INPUT, says="its bytes are not those that were written")
    restored(build, os.path.join(folder, "nothing"), state=state, status=INPUT, says="No such file")
    restored(build, folder, state=state, status=INPUT, says=folder)
    expect("what refusals leave", [name for name in os.listdir(state) if "sqlite" in name], [])


def replacing(build, backup, state):
    """A database that is there is not replaced without being told to, and then kept."""
    database = os.path.join(state, "gaia.sqlite")
    before = rows(database)
    restored(build, backup, state=state, status=USAGE, says="holds 2 jobs, the last of ")
    expect("what is there", rows(database), before)
    restored(build, backup, "--replace", state=state)
    expect("what was there", rows(database + ".replaced"), before)
    expect("what is there now", rows(database), rows(backup))
    log_of_one_that_was_killed(build, backup, state)


def log_of_one_that_was_killed(build, backup, state):
    """What is committed in a log alone is kept with the database that it belongs to, in one file."""
    database = os.path.join(state, "gaia.sqlite")
    killed = state + ".killed"
    copy = os.path.join(killed, "gaia.sqlite")
    os.mkdir(killed, 0o700)
    live = sqlite3.connect(database, isolation_level=None)
    live.execute("PRAGMA journal_mode = WAL")
    live.execute("CREATE TABLE committed AS SELECT 42 AS x")
    for end in ("", "-wal"):
        shutil.copy(database + end, copy + end)
    live.close()
    restored(build, backup, "--replace", state=killed)
    expect("databases and logs", sorted(name for name in os.listdir(killed) if "sqlite" in name),
           ["gaia.sqlite", "gaia.sqlite.replaced"])
    expect("what was in the log", rows(copy + ".replaced")["committed"], ["(42,)"])
    expect("what is there now", rows(copy), rows(backup))


def unfit(world, build, backup):
    """What is whole, but of a schema to come; and a database that was damaged before."""
    state = world.path("unfit")
    gaia = os.path.join(build, "gaia")
    database = sqlite3.connect(os.path.join(world.state, "gaia.sqlite"), isolation_level=None, timeout=60)
    version, = database.execute("PRAGMA user_version").fetchone()
    root, = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'jobs_live'").fetchone()
    page, = database.execute("PRAGMA page_size").fetchone()
    database.execute("PRAGMA user_version = 99")
    run(gaia, "backup", backup, "--state", world.state)
    restored(build, backup, state=state, status=UNAVAILABLE, says="schema 99, too new")
    database.execute(f"PRAGMA user_version = {version}")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    with open(os.path.join(world.state, "gaia.sqlite"), "r+b") as file:
        file.seek((root - 1) * page)
        file.write(bytes([13]) + bytes(page - 1))  # a page of a table, where one of an index belongs
    run(gaia, "backup", backup, "--state", world.state)
    restored(build, backup, state=state, status=UNAVAILABLE, says="damaged when it was backed up")
    expect("what refusals leave", [name for name in os.listdir(state) if "sqlite" in name], [])


def sqlite_test(build, data, worlds):
    gaia = os.path.join(build, "gaia")
    world = another_world(build)
    worlds.append(world)
    world.tend()
    jobs = Jobs(build, data, world)
    partial, whole = world.path("partial.backup"), world.path("whole.backup")
    for units in (1, 40, 80):  # each replaces the one before
        jobs.under_way(world, units)
        run(gaia, "backup", partial, "--state", world.state)
        expect("mode", stat.S_IMODE(os.stat(partial).st_mode), 0o600)
    restored(build, partial, "--replace", state=world.state, status=UNAVAILABLE, says="another scheduler")
    jobs.check(world)
    run(gaia, "backup", whole, "--state", world.state)
    expect("what making them leaves", glob.glob(os.path.join(world.state, "*backup*")), [])
    stop(world)
    run(gaia, "backup", world.path("none"), "--state", world.state, status=UNAVAILABLE)
    expect("a backup that was not made", glob.glob(world.path("none*")), [])
    expect("rows of a backup", rows(whole), rows(os.path.join(world.state, "gaia.sqlite")))
    for process in world.executors:
        process.end()
    other = another_world(build)
    worlds.append(other)
    refusals(build, other.folder, whole, other.state)
    restored(build, partial, state=other.state)
    expect("rows that were put back", rows(os.path.join(other.state, "gaia.sqlite")), rows(partial))
    other.tend()
    jobs.check(other)
    stop(other)
    replacing(build, whole, other.state)
    other.tend()
    jobs.check(other)
    unfit(other, build, world.path("unfit.backup"))


# ---- PostgreSQL ----

def psql(home, database, statement):
    return run("psql", "-h", home, "-U", "gaia", "-d", database, "-At", "-v", "ON_ERROR_STOP=1", "-c", statement)


def tables(home, database):
    """Every row of every table, in order; not of those that say who is connected."""
    names = psql(home, database, "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND "
                 "relnamespace = current_schema()::regnamespace ORDER BY 1").split()
    return {name: sorted(psql(home, database, f"SELECT * FROM {name}").splitlines()) for name in names}


def connect(world, home, database):
    with open(os.path.join(world.state, "postgres"), "w", encoding="utf-8") as file:
        file.write(f"host={home} user=gaia dbname={database}\n")
    os.chmod(file.name, 0o600)


def put_back(home, dump, database):
    run("createdb", "-h", home, "-U", "gaia", "-E", "UTF8", "-T", "template0", database)
    run("pg_restore", "-h", home, "-U", "gaia", "--exit-on-error", "-d", database, dump)


def by_dump(build, jobs, world, worlds):
    """Dumps that are made while a job runs, and after it."""
    home = os.path.join(world.folder, "pg")
    partial, whole = world.path("partial.dump"), world.path("whole.dump")
    jobs.under_way(world, 40)
    run("pg_dump", "-h", home, "-U", "gaia", "-Fc", "-f", partial, "postgres")
    run(os.path.join(build, "gaia"), "backup", world.path("none"), "--state", world.state, status=INPUT,
        says="pg_dump")
    jobs.check(world)
    world.scheduler.end()
    run("pg_dump", "-h", home, "-U", "gaia", "-Fc", "-f", whole, "postgres")
    put_back(home, whole, "whole")
    expect("rows that were put back", tables(home, "whole"), tables(home, "postgres"))
    put_back(home, partial, "partial")
    other = another_world(build)
    worlds.append(other)
    connect(other, home, "partial")
    other.tend()
    jobs.check(other)
    other.close()


def by_volume(build, jobs, world, worlds):
    """The server's folder, copied while it is stopped."""
    home, copy = os.path.join(world.folder, "pg"), os.path.join(world.folder, "copy")
    before = tables(home, "postgres")
    world.database.kill(signal.SIGINT)  # it ends what is connected
    expect("exit status of the server", world.database.process.wait(60), 0)
    run("cp", "-a", home, copy)
    shutil.rmtree(home)
    world.database.arguments = [part.replace(home, copy) for part in world.database.arguments]
    world.database.start()
    deadline = time.monotonic() + 60
    while subprocess.run(["pg_isready", "-q", "-h", copy], check=False).returncode != 0:
        expect("the copy is ready in time", time.monotonic() < deadline, True)
        time.sleep(0.1)
    expect("rows of the copy", tables(copy, "postgres"), before)
    other = another_world(build, executors=1)
    worlds.append(other)
    connect(other, copy, "postgres")
    other.tend()
    jobs.check(other)


def postgres_test(build, data, worlds):
    world = processes.World(build, "postgres", executors=2, scheduler_options=["--batch-units", "1"])
    worlds.append(world)
    world.tend()
    jobs = Jobs(build, data, world)
    by_dump(build, jobs, world, worlds)
    by_volume(build, jobs, world, worlds)


def main(build, data, store):
    worlds = []
    try:
        {"sqlite": sqlite_test, "postgres": postgres_test}[store](build, data, worlds)
    finally:
        for world in reversed(worlds):  # the first one has the database
            world.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
