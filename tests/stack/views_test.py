#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The views that are named after the Gaia validator's tables, on a real PostgreSQL after real jobs: a reader's own
queries, by Gaia's own names of columns, give the scores that plain Python makes of the fields.

usage: views_test.py BUILD SOURCE
"""
import csv
import glob
import io
import json
import os
import subprocess
import sys
import tempfile
import time

BUILD, SOURCE = sys.argv[1:3] if len(sys.argv) == 3 else sys.exit(__doc__)
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(SOURCE, "tests/oracle")]
import processes  # noqa: E402
from recipes import ERA5_LEVELS, WEIGHTS, World, day1_expected, era5_lead, expect  # noqa: E402

LEADS = list(range(24, 241, 24))
RUN = 2020010100  # of the init time 2020-01-01T00
TEXT, NUMBER, COUNT, TIME, FLAG, JSON = ("character varying", "double precision", "integer", "timestamp with time zone",
                                         "boolean", "jsonb")
# Columns and types as the validator's schema has them, in its order; ids of rows are bigint here.
COLUMNS = {
    "weather_forecast_component_scores": [
        ("id", "bigint"), ("run_id", COUNT), ("response_id", COUNT), ("miner_uid", COUNT), ("miner_hotkey", TEXT),
        ("score_type", TEXT), ("lead_hours", COUNT), ("valid_time_utc", TIME), ("variable_name", TEXT),
        ("pressure_level", COUNT), ("rmse", NUMBER), ("mse", NUMBER), ("acc", NUMBER), ("skill_score", NUMBER),
        ("skill_score_gfs", NUMBER), ("skill_score_climatology", NUMBER), ("bias", NUMBER), ("mae", NUMBER),
        ("climatology_check_passed", FLAG), ("pattern_correlation", NUMBER), ("pattern_correlation_passed", FLAG),
        ("clone_penalty", NUMBER), ("quality_penalty", NUMBER), ("weighted_score", NUMBER), ("variable_weight", NUMBER),
        ("calculated_at", TIME), ("calculation_duration_ms", COUNT)],
    "weather_miner_scores": [
        ("id", "bigint"), ("response_id", COUNT), ("run_id", COUNT), ("miner_uid", COUNT), ("miner_hotkey", TEXT),
        ("score_type", TEXT), ("calculation_time", TIME), ("metrics", JSON), ("score", NUMBER),
        ("error_message", "text"), ("lead_hours", COUNT), ("variable_level", TEXT), ("valid_time_utc", TIME)],
    "weather_forecast_stats": [
        ("id", "bigint"), ("miner_uid", COUNT), ("miner_hotkey", TEXT), ("miner_rank", COUNT), ("forecast_run_id", TEXT),
        ("run_id", COUNT), ("forecast_init_time", TIME), ("forecast_status", TEXT), ("current_forecast_stage", TEXT),
        ("current_forecast_status", TEXT), ("last_error_message", "text"), ("retries_remaining", COUNT),
        ("next_scheduled_retry", TIME), ("forecast_error_msg", JSON), ("forecast_score_initial", NUMBER),
        *[(f"era5_score_{lead}h", NUMBER) for lead in LEADS], ("era5_combined_score", NUMBER),
        ("era5_completeness", NUMBER), ("overall_forecast_score", NUMBER), ("avg_rmse", NUMBER), ("avg_acc", NUMBER),
        ("avg_skill_score", NUMBER), ("forecast_type", TEXT), ("forecast_inference_duration_seconds", COUNT),
        ("forecast_input_sources", JSON), ("hosting_status", TEXT), ("hosting_latency_ms", COUNT),
        ("validator_hotkey", "text"), ("created_at", TIME), ("updated_at", TIME)],
}


class Database:
    """The world's database, through psql."""

    def __init__(self, world):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/psql"))
        self.psql = found[-1] if found else "psql"
        with open(os.path.join(world.state, "postgres"), encoding="utf-8") as line:
            self.place = line.read().strip()

    def ask(self, query, wanted_status=0):
        """The rows, each a dict of texts; NULL is ''."""
        done = subprocess.run([self.psql, "-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-d", self.place, "-c", query],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != wanted_status:
            raise SystemExit(f"{query}: {done.stderr}")
        return list(csv.DictReader(io.StringIO(done.stdout)))

    def one(self, query):
        rows = self.ask(query)
        expect(f"rows of {query}", len(rows), 1)
        return rows[0]


def number(text):
    return float(text) if text else None


def submit(world, path):
    """Submits the job of the file and waits for it; its composites."""
    with open(path, "rb") as stream:
        job = json.loads(world.ask("POST", "/v1/jobs", stream.read()))["id"]
    deadline = time.monotonic() + processes.PATIENCE_S
    while world.job(job)["state"] not in processes.OVER:
        world.tend()
        if time.monotonic() > deadline:
            raise SystemExit("the job does not end\n" + world.tail("scheduler"))
        time.sleep(0.05)
    expect("state of the job", world.job(job)["state"], "succeeded")
    return {one["forecast"]: one for one in json.loads(world.ask("GET", f"/v1/jobs/{job}/composite"))}


# ---- What is scored ----

def day1_job(world, folder):
    """Ids: a uid with a hotkey, a uid, a text that could harm; and one that cannot be scored."""
    fields = World(folder, [6, 12], [500, 850])
    made = {"42:5Good": fields.forecast("g", 0.1), "7": fields.forecast("w", 0.1), "it's; --": fields.forecast("l", 0.2)}
    made["7"]["2t"][0, 6, None][9] = 345.2  # out of bounds: day 1 is not passed
    fields.write()
    paths = {name: fields.write_forecast(f"day1_{i}.nc", made[name]) for i, name in enumerate(made)}
    paths["9:5Gone"] = os.path.join(folder, "nothing.nc")
    composites = submit(world, fields.job("gaia-day1", paths))
    return {name: day1_expected(fields, made[name], [6, 12]) for name in made}, composites


def era5_job(world, folder):
    fields = World(folder, LEADS, ERA5_LEVELS)
    made = {"42:5Good": fields.forecast("g", 0.1), "7": fields.forecast("p", 0.9)}
    have = {"42:5Good": LEADS, "7": LEADS[:4]}
    fields.write()
    paths = {name: fields.write_forecast(f"era5_{i}.nc", made[name], have[name]) for i, name in enumerate(made)}
    composites = submit(world, fields.job("gaia-era5", paths))
    scores = {name: [era5_lead(fields, made[name], 0, lead, ERA5_LEVELS, WEIGHTS) if lead in have[name] else None
                     for lead in LEADS] for name in made}
    return scores, composites


# ---- What readers ask ----

def check_columns(database):
    for view, columns in COLUMNS.items():
        rows = database.ask("SELECT column_name, data_type FROM information_schema.columns"
                            f" WHERE table_name = '{view}' ORDER BY ordinal_position")
        expect(f"columns of {view}", [(row["column_name"], row["data_type"]) for row in rows], columns)


def check_stats(database, day1, era5):
    for name, uid in (("42:5Good", 42), ("7", 7)):
        row = database.one(f"SELECT * FROM weather_forecast_stats WHERE run_id = {RUN} AND miner_uid = {uid}")
        expect("hotkey", row["miner_hotkey"], name.split(":")[-1])
        expect("day 1", number(row["forecast_score_initial"]), day1[name]["score"])
        for lead, score in zip(LEADS, era5[name]):
            expect(f"{name}: {lead} h", number(row[f"era5_score_{lead}h"]), score)
        mean = sum(score or 0.0 for score in era5[name]) / 10
        expect("mean", number(row["era5_combined_score"]), mean)
        expect("completeness", number(row["era5_completeness"]), sum(score is not None for score in era5[name]) / 10)
        # The final job was not told of day 1; what is known of it here counts.
        expect("overall", number(row["overall_forecast_score"]), 0.95 * mean + 0.05 * day1[name]["passed"])
        expect("run", row["forecast_run_id"], "forecast_20200101_00_to_20200111_00")
    expect("passed", (day1["42:5Good"]["passed"], day1["7"]["passed"]), (True, False))
    rows = database.ask("SELECT miner_hotkey, miner_rank, forecast_status, current_forecast_stage, forecast_type,"
                        " forecast_init_time = '2020-01-01T00:00Z' AS init, updated_at >= created_at AS times"
                        " FROM weather_forecast_stats ORDER BY miner_rank")
    expect("states", [tuple(row.values()) for row in rows],
           [("5Good", "1", "completed", "complete", "10day", "t", "t"),
            ("7", "2", "era5_scoring", "era5_scoring_120h", "10day", "t", "t"),
            ("it's; --", "3", "day1_scored", "day1_scoring", "10day", "t", "t")])


def check_components(database, day1, composites):
    for name, wanted in day1.items():
        rows = database.ask("SELECT * FROM weather_forecast_component_scores WHERE score_type = 'day1' AND miner_hotkey = "
                            "$$" + name.split(":")[-1] + "$$")
        expect("rows", len(rows), len(wanted["cells"]))
        for row in rows:
            level = int(row["pressure_level"]) if row["pressure_level"] else None
            cell = wanted["cells"][row["variable_name"], int(row["lead_hours"]), level]
            expect("skill", number(row["skill_score"]), float(cell["skill"]))
            expect("skill against GFS", row["skill_score_gfs"], row["skill_score"])
            expect("skill against climatology", row["skill_score_climatology"], "")
            expect("acc", number(row["acc"]), cell["acc"])
            expect("penalty", number(row["clone_penalty"]), float(cell["penalty"]))
            expect("pattern", row["pattern_correlation_passed"], "f" if "pattern_correlation" in cell["failed"] else "t")
            expect("bounds", row["climatology_check_passed"], "f" if "bounds" in cell["failed"] else "t")
            expect("mse", number(row["mse"]), number(row["rmse"]) ** 2)
            expect("mae", abs(number(row["bias"])) <= number(row["mae"]) <= number(row["rmse"]), True)
    for name, document in composites.items():
        for lead in document["times"][0]["leads"]:
            row = database.one("SELECT sum(weighted_score) AS total, min(valid_time_utc) AT TIME ZONE 'UTC' AS at"
                               " FROM weather_forecast_component_scores"
                               f" WHERE score_type = 'era5' AND miner_uid = {name.split(':')[0]} AND run_id = {RUN}"
                               f" AND lead_hours = {lead['lead_hours']}")
            expect("contributions", number(row["total"]), lead["score"] if lead["present"] else None)
            if lead["lead_hours"] == 48 and row["at"]:
                expect("valid time", row["at"], "2020-01-03 00:00:00")
    total = database.one("SELECT count(*) AS n, count(DISTINCT id) AS ids, count(DISTINCT (response_id, score_type,"
                         " lead_hours, variable_name, coalesce(pressure_level, -1))) AS keys"
                         " FROM weather_forecast_component_scores")
    expect("every row is one", total["n"] == total["ids"] == total["keys"], True)
    average = database.one("SELECT avg(rmse) AS rmse, avg(acc) AS acc FROM weather_forecast_component_scores"
                           f" WHERE run_id = {RUN} AND miner_uid = 42 AND score_type = 'era5'")
    stats = database.one("SELECT avg_rmse, avg_acc FROM weather_forecast_stats WHERE miner_uid = 42")
    expect("mean rmse", number(stats["avg_rmse"]), number(average["rmse"]))
    expect("mean acc", number(stats["avg_acc"]), number(average["acc"]))


def check_scores(database, day1, era5):
    latest = ("SELECT score, calculation_time FROM weather_miner_scores WHERE miner_uid = {} AND score_type = '{}'"
              " ORDER BY calculation_time DESC LIMIT 1")
    for name, uid in (("42:5Good", 42), ("7", 7)):
        expect("day 1", number(database.one(latest.format(uid, "day1_qc_score"))["score"]), day1[name]["score"])
        expect("final", number(database.one(latest.format(uid, "era5_final_composite_score"))["score"]),
               sum(score or 0.0 for score in era5[name]) / 10)
    row = database.one("SELECT s.score, c.rmse, s.variable_level, s.lead_hours FROM weather_miner_scores AS s"
                       " JOIN weather_forecast_component_scores AS c USING (response_id, lead_hours)"
                       " WHERE s.score_type = 'era5_rmse_t850_24h' AND c.variable_name = 't' AND c.pressure_level = 850"
                       " AND s.miner_uid = 42")
    expect("rmse", (row["score"], row["variable_level"], row["lead_hours"]), (row["rmse"], "t850", "24"))
    row = database.one("SELECT metrics -> 'leads' -> 1 ->> 'lead_hours' AS lead, metrics ->> 'passed' AS passed,"
                       " metrics -> 'profile' ->> 'name' AS profile, variable_level FROM weather_miner_scores"
                       " WHERE score_type = 'day1_qc_score' AND miner_uid = 42")
    expect("metrics", tuple(row.values()), ("12", "true", "gaia-day1", "overall_day1"))
    row = database.one("SELECT * FROM weather_miner_scores WHERE error_message IS NOT NULL")
    expect("failure", (row["miner_uid"], row["miner_hotkey"], row["score_type"], row["score"]),
           ("9", "5Gone", "day1_qc_score", ""))
    expect("reason", row["error_message"].startswith("file_missing: ") and "nothing.nc" in row["error_message"], True)
    total = database.one("SELECT count(*) AS n, count(DISTINCT id) AS ids FROM weather_miner_scores")
    expect("every row is one", total["n"], total["ids"])


def check_again(world, database, folder, era5):
    """A job that is run again counts once in the statistics, and stays visible in the scores."""
    again, _ = era5_job(world, folder)
    expect("the same", again, era5)
    expect("rows", database.one("SELECT count(*) AS n FROM weather_forecast_stats")["n"], "3")
    expect("jobs", database.one("SELECT count(*) AS n FROM weather_miner_scores"
                                " WHERE score_type = 'era5_final_composite_score' AND miner_uid = 42")["n"], "2")


def check_odd_times(database):
    """Dates that PostgreSQL has not are none's downfall: 30 February of a calendar of 360 days, and no date at all."""
    for text in ("2020-02-30T00", "0000-01-01T00", "-0044-03-15T00", "3000-01-01T00", "x"):
        database.ask("UPDATE composites SET composite = regexp_replace(composite, '(\"init_time\":\")[^\"]*',"
                     f" '\\1{text}')")
        for view in COLUMNS:
            expect(f"{view} of {text}", int(database.one(f"SELECT count(*) AS n FROM {view}")["n"]) > 0, True)
            database.ask(f"SELECT * FROM {view} ORDER BY id LIMIT 3")


def views():
    world = processes.World(BUILD, "postgres", executors=1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            day1, _ = day1_job(world, folder)
            era5, composites = era5_job(world, folder)
            database = Database(world)
            check_columns(database)
            check_stats(database, day1, era5)
            check_components(database, day1, composites)
            check_scores(database, day1, era5)
            check_again(world, database, folder, era5)
            check_odd_times(database)
    finally:
        world.close()


def tables_that_are_there():
    """In a validator's own database its tables stay what they are, and the scheduler works beside them."""
    world = processes.World(BUILD, "postgres", executors=1)
    try:
        database = Database(world)
        world.database.tend()
        deadline = time.monotonic() + processes.PATIENCE_S
        while subprocess.run([database.psql, "-X", "-q", "-d", database.place, "-c", "SELECT 1"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode != 0:
            if time.monotonic() > deadline:
                raise SystemExit("the database does not answer")
            time.sleep(0.05)
        database.ask("CREATE TABLE weather_miner_scores(id serial PRIMARY KEY, score double precision);"
                     "INSERT INTO weather_miner_scores(score) VALUES (0.25)")
        with tempfile.TemporaryDirectory() as folder:
            day1, _ = day1_job(world, folder)
        expect("the table", database.ask("SELECT * FROM weather_miner_scores"), [{"id": "1", "score": "0.25"}])
        row = database.one("SELECT forecast_score_initial FROM weather_forecast_stats WHERE miner_uid = 42")
        expect("the view", number(row["forecast_score_initial"]), day1["42:5Good"]["score"])
    finally:
        world.close()


if __name__ == "__main__":
    views()
    tables_that_are_there()
    print("three views, as their readers ask")
