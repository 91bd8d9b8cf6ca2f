-- SPDX-License-Identifier: MIT
-- Views with the names and columns of the Gaia validator's tables, so that what reads its database reads this one. All
-- of it is derived from the stored composites (gaia.composite/1) and nothing is stored twice: a view cannot disagree
-- with what it is made of. A migration (store_postgres_sql.c): once released, it is not edited.
--
-- What stands for what: a miner is a forecast of a job. Its id is 'UID:HOTKEY', or 'UID', or any text, which then is the
-- hotkey, and the uid is NULL. A run is an init time: run_id is its YYYYMMDDHH. A response is a forecast of one job:
-- response_id is 1000 times the job's number plus the forecast's. Ids of rows are hashes: they stay the same.
--
-- Where a relation of the name is there already, as in a validator's own database, it is left alone.
DO $migration$
BEGIN
IF to_regclass('gaia_composite_times') IS NULL THEN

-- The elements of a list, of which there are few: jsonb_array_elements is taken to give a hundred, and a plan that
-- expects a hundred leads of a hundred variables at a hundred levels is compiled for a second before it runs.
CREATE OR REPLACE FUNCTION gaia_elements(list jsonb) RETURNS TABLE(value jsonb, ordinality bigint)
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 4
AS 'SELECT element, place FROM jsonb_array_elements(list) WITH ORDINALITY AS of_list(element, place)';

-- A row for each init time of each composite: what the other views begin with. OFFSET 0 has each document read once.
CREATE VIEW gaia_composite_times AS
SELECT jobs.seq AS job,
       composites.forecast AS forecast,
       composites.id AS name,
       CASE WHEN composites.id ~ '^[0-9]{1,9}(:|$)' THEN split_part(composites.id, ':', 1)::integer END AS miner_uid,
       (CASE WHEN composites.id ~ '^[0-9]{1,9}:.' THEN substr(composites.id, position(':' IN composites.id) + 1)
             ELSE composites.id END)::varchar(255) AS miner_hotkey,
       ((jobs.seq * 1000 + composites.forecast) % 2147483647)::integer AS response_id,
       (CASE read.document ->> 'kind' WHEN 'day1' THEN 'day1' ELSE 'era5' END)::varchar(50) AS score_type,
       read.document AS document,
       times.value AS time,
       times.ordinality AS i_time,
       times.value ->> 'init_time' AS init_text,
       dated.init_time AS init_time,
       CASE WHEN extract(year FROM dated.init_time AT TIME ZONE 'UTC') < 2147
            THEN to_char(dated.init_time AT TIME ZONE 'UTC', 'YYYYMMDDHH24')::integer END AS run_id,
       to_timestamp(jobs.submitted_ms / 1000.0) AS submitted_at,
       to_timestamp(nullif(jobs.finished_ms, 0) / 1000.0) AS finished_at
FROM composites
JOIN jobs ON jobs.seq = composites.job
CROSS JOIN LATERAL (SELECT composites.composite::jsonb AS document OFFSET 0) AS read
CROSS JOIN LATERAL gaia_elements(read.document -> 'times') AS times
-- A date of another calendar, such as 02-30, counts on from the first of its month, so that none is an error.
CROSS JOIN LATERAL (SELECT CASE WHEN times.value ->> 'init_time' ~ '^(?!0000)[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-9]{2}'
    THEN ((substr(times.value ->> 'init_time', 1, 7) || '-01')::timestamp
          + make_interval(days => substr(times.value ->> 'init_time', 9, 2)::integer - 1,
                          hours => substr(times.value ->> 'init_time', 12, 2)::integer,
                          mins => coalesce(nullif(substr(times.value ->> 'init_time', 15, 2), ''), '0')::integer,
                          secs => coalesce(nullif(substr(times.value ->> 'init_time', 18, 2), ''), '0')::integer))
         AT TIME ZONE 'UTC' END AS init_time OFFSET 0) AS dated;

END IF;
IF to_regclass('weather_forecast_component_scores') IS NULL THEN

-- A row for each variable, level and lead that has a value.
CREATE VIEW weather_forecast_component_scores AS
SELECT hashtextextended(concat_ws('/', t.job, t.forecast, t.i_time, leads.ordinality, variables.ordinality,
                                  cells.ordinality), 0) & 9223372036854775807 AS id,
       t.run_id, t.response_id, t.miner_uid, t.miner_hotkey, t.score_type,
       round((leads.value ->> 'lead_hours')::numeric)::integer AS lead_hours,
       t.init_time + (leads.value ->> 'lead_hours')::double precision * interval '1 hour' AS valid_time_utc,
       (variables.value ->> 'variable')::varchar(20) AS variable_name,
       round((cells.value ->> 'level')::numeric)::integer AS pressure_level,
       (cells.value ->> 'rmse')::double precision AS rmse,
       (cells.value ->> 'mse')::double precision AS mse,
       (cells.value ->> 'acc')::double precision AS acc,
       (cells.value ->> 'skill')::double precision AS skill_score,
       CASE WHEN t.document ->> 'baseline' = 'reference'
            THEN (cells.value ->> 'skill')::double precision END AS skill_score_gfs,
       CASE WHEN t.document ->> 'baseline' = 'climatology'
            THEN (cells.value ->> 'skill')::double precision END AS skill_score_climatology,
       (cells.value ->> 'bias')::double precision AS bias,
       (cells.value ->> 'mae')::double precision AS mae,
       (jsonb_path_query_first(cells.value, '$.checks[*] ? (@.check == "bounds").passed'))::boolean
           AS climatology_check_passed,
       (cells.value ->> 'pearson')::double precision AS pattern_correlation,
       (jsonb_path_query_first(cells.value, '$.checks[*] ? (@.check == "pattern_correlation").passed'))::boolean
           AS pattern_correlation_passed,
       coalesce((cells.value ->> 'penalty')::double precision, 0) AS clone_penalty,
       0::double precision AS quality_penalty,
       (variables.value ->> 'weight')::double precision * (cells.value ->> 'layer_weight')::double precision
           * (coalesce((parameters.value ->> 'skill_weight')::double precision
                       * (cells.value ->> 'part_skill')::double precision, 0)
              + coalesce((parameters.value ->> 'acc_weight')::double precision
                         * (cells.value ->> 'part_acc')::double precision, 0)
              + coalesce((parameters.value ->> 'rrmse_weight')::double precision
                         * (cells.value ->> 'part_rrmse')::double precision, 0)) AS weighted_score,
       (variables.value ->> 'weight')::double precision AS variable_weight,
       t.finished_at AS calculated_at,
       NULL::integer AS calculation_duration_ms
FROM gaia_composite_times AS t
CROSS JOIN LATERAL (SELECT t.document -> 'parameters' AS value) AS parameters
CROSS JOIN LATERAL gaia_elements(t.time -> 'leads') AS leads
CROSS JOIN LATERAL gaia_elements(leads.value -> 'variables') AS variables
CROSS JOIN LATERAL gaia_elements(variables.value -> 'levels') AS cells
WHERE (cells.value -> 'present')::boolean;

END IF;
IF to_regclass('weather_miner_scores') IS NULL THEN

-- A row for each composite; for the final one also rmse, acc and skill of each variable, level and lead; and a row
-- without a score for each forecast that a job with one of the two recipes could not score.
CREATE VIEW weather_miner_scores AS
SELECT hashtextextended(concat_ws('/', t.job, t.forecast, t.i_time), 1) & 9223372036854775807 AS id,
       t.response_id, t.run_id, t.miner_uid, t.miner_hotkey,
       (CASE t.score_type WHEN 'day1' THEN 'day1_qc_score' ELSE 'era5_final_composite_score' END)::varchar(50)
           AS score_type,
       t.finished_at AS calculation_time,
       jsonb_build_object('profile', t.document -> 'profile', 'passed', t.time -> 'passed',
                          'overall', t.time -> 'overall', 'leads',
                          (SELECT jsonb_agg(lead - 'variables' ORDER BY at)
                           FROM gaia_elements(t.time -> 'leads') AS leads(lead, at))) AS metrics,
       (t.time ->> 'score')::double precision AS score,
       NULL::text AS error_message,
       NULL::integer AS lead_hours,
       (CASE t.score_type WHEN 'day1' THEN 'overall_day1' ELSE 'aggregated_final' END)::varchar(50) AS variable_level,
       CASE t.score_type WHEN 'day1' THEN t.init_time END AS valid_time_utc
FROM gaia_composite_times AS t
UNION ALL
SELECT hashtextextended(concat_ws('/', c.id, kind.name), 2) & 9223372036854775807,
       c.response_id, c.run_id, c.miner_uid, c.miner_hotkey,
       concat('era5_', kind.name, '_', c.variable_name, c.pressure_level, '_', c.lead_hours, 'h')::varchar(50),
       c.calculated_at,
       jsonb_build_object('mse', c.mse, 'rmse', c.rmse, 'bias', c.bias, 'mae', c.mae, 'acc', c.acc),
       CASE kind.name WHEN 'rmse' THEN c.rmse WHEN 'acc' THEN c.acc ELSE c.skill_score END,
       NULL, c.lead_hours, concat(c.variable_name, c.pressure_level)::varchar(50), c.valid_time_utc
FROM weather_forecast_component_scores AS c
CROSS JOIN (VALUES ('rmse'), ('acc'), ('skill')) AS kind(name)
WHERE c.score_type = 'era5'
UNION ALL
SELECT hashtextextended(concat_ws('/', forecasts.job, forecasts.forecast), 3) & 9223372036854775807,
       ((jobs.seq * 1000 + forecasts.forecast) % 2147483647)::integer, NULL,
       CASE WHEN forecasts.id ~ '^[0-9]{1,9}(:|$)' THEN split_part(forecasts.id, ':', 1)::integer END,
       (CASE WHEN forecasts.id ~ '^[0-9]{1,9}:.' THEN substr(forecasts.id, position(':' IN forecasts.id) + 1)
             ELSE forecasts.id END)::varchar(255),
       (CASE recipe.kind WHEN 'day1' THEN 'day1_qc_score' ELSE 'era5_final_composite_score' END)::varchar(50),
       to_timestamp(nullif(jobs.finished_ms, 0) / 1000.0), NULL, NULL,
       concat(forecasts.status, ': ', forecasts.detail), NULL,
       (CASE recipe.kind WHEN 'day1' THEN 'overall_day1' ELSE 'aggregated_final' END)::varchar(50), NULL
FROM forecasts
JOIN jobs ON jobs.seq = forecasts.job
JOIN specs ON specs.job = forecasts.job
CROSS JOIN LATERAL (SELECT specs.spec::jsonb -> 'profile' AS profile OFFSET 0) AS asked
CROSS JOIN LATERAL (SELECT CASE WHEN asked.profile = '"gaia-day1"' THEN 'day1'
                                WHEN asked.profile = '"gaia-era5"' THEN 'lead_mean'
                                ELSE asked.profile -> 'composite' ->> 'kind' END AS kind) AS recipe
WHERE forecasts.status <> 'ok' AND recipe.kind IS NOT NULL;

END IF;
IF to_regclass('weather_forecast_stats') IS NULL THEN

-- A row for each miner and run: the day-1 composite and the final one, each of the last job that made it. Numbers are
-- taken out of each document before rows are sorted, and what a row is asked by is in every step, so that a condition on
-- a run is one on what is read.
CREATE VIEW weather_forecast_stats AS
WITH made AS (
    SELECT t.job, t.name, t.init_text, t.init_time, t.run_id, t.miner_uid, t.miner_hotkey, t.score_type, t.submitted_at,
           t.finished_at, (t.time ->> 'score')::double precision AS score,
           (t.time ->> 'overall')::double precision AS overall, (t.time ->> 'passed')::boolean AS passed,
           t.document -> 'day1_passed' = 'null' AS day1_unknown,
           (t.document -> 'parameters' ->> 'day1_weight')::double precision AS day1_weight,
           counted.n_leads, counted.n_present, counted.next_lead, by_lead.era5_score,
           averaged.avg_rmse, averaged.avg_acc, averaged.avg_skill_score
    FROM gaia_composite_times AS t
    CROSS JOIN LATERAL (
        SELECT count(*) AS n_leads, count(*) FILTER (WHERE (lead -> 'present')::boolean) AS n_present,
               min((lead ->> 'lead_hours')::numeric) FILTER (WHERE NOT (lead -> 'present')::boolean) AS next_lead
        FROM gaia_elements(t.time -> 'leads') AS leads(lead, at)) AS counted
    CROSS JOIN LATERAL (
        SELECT array_agg((lead ->> 'score')::double precision ORDER BY day) AS era5_score
        FROM generate_series(1, 10) AS day
        LEFT JOIN gaia_elements(t.time -> 'leads') AS leads(lead, at)
               ON (lead ->> 'lead_hours')::numeric = 24 * day AND (lead -> 'present')::boolean) AS by_lead
    CROSS JOIN LATERAL (
        SELECT avg((cell ->> 'rmse')::double precision) AS avg_rmse, avg((cell ->> 'acc')::double precision) AS avg_acc,
               avg((cell ->> 'skill')::double precision)
                   FILTER (WHERE (cell ->> 'skill')::double precision > '-infinity') AS avg_skill_score
        FROM jsonb_path_query(t.time, '$.leads[*].variables[*].levels[*] ? (@.present == true)') AS cell) AS averaged),
latest AS (
    SELECT DISTINCT ON (name, init_text, init_time, run_id, miner_uid, miner_hotkey, score_type) *
    FROM made ORDER BY name, init_text, init_time, run_id, miner_uid, miner_hotkey, score_type, job DESC),
-- Of each kind there is one row now: max gives its value.
paired AS (
    SELECT name, init_text, init_time, run_id, miner_uid, miner_hotkey, min(submitted_at) AS created_at,
           max(finished_at) AS updated_at, bool_or(score_type = 'era5') AS has_era5,
           max(score) FILTER (WHERE score_type = 'day1') AS day1_score,
           max(overall) FILTER (WHERE score_type = 'day1') AS day1_overall,
           bool_or(passed) FILTER (WHERE score_type = 'day1') AS day1_passed,
           max(score) FILTER (WHERE score_type = 'era5') AS final_score,
           max(overall) FILTER (WHERE score_type = 'era5') AS final_overall,
           bool_or(day1_unknown) FILTER (WHERE score_type = 'era5') AS day1_unknown,
           max(day1_weight) FILTER (WHERE score_type = 'era5') AS day1_weight,
           max(n_leads) FILTER (WHERE score_type = 'era5') AS n_leads,
           max(n_present) FILTER (WHERE score_type = 'era5') AS n_present,
           max(next_lead) FILTER (WHERE score_type = 'era5') AS next_lead,
           max(era5_score) FILTER (WHERE score_type = 'era5') AS era5_score,
           coalesce(max(avg_rmse) FILTER (WHERE score_type = 'era5'), max(avg_rmse)) AS avg_rmse,
           coalesce(max(avg_acc) FILTER (WHERE score_type = 'era5'), max(avg_acc)) AS avg_acc,
           coalesce(max(avg_skill_score) FILTER (WHERE score_type = 'era5'), max(avg_skill_score)) AS avg_skill_score
    FROM latest GROUP BY name, init_text, init_time, run_id, miner_uid, miner_hotkey),
-- Where the final composite was made without word of day 1, day 1 is what is known of it here.
scored AS (
    SELECT *, CASE WHEN has_era5 THEN final_overall + CASE WHEN day1_unknown AND day1_passed THEN day1_weight ELSE 0 END
                   ELSE day1_overall END AS overall
    FROM paired)
SELECT hashtextextended(concat_ws('/', name, init_text), 4) & 9223372036854775807 AS id,
       miner_uid, miner_hotkey,
       rank() OVER (PARTITION BY run_id ORDER BY overall DESC NULLS LAST)::integer AS miner_rank,
       concat('forecast_', to_char(init_time AT TIME ZONE 'UTC', 'YYYYMMDD_HH24'), '_to_',
              to_char((init_time + interval '240 hours') AT TIME ZONE 'UTC', 'YYYYMMDD_HH24'))::varchar(100)
           AS forecast_run_id,
       run_id,
       init_time AS forecast_init_time,
       (CASE WHEN NOT has_era5 THEN 'day1_scored' WHEN n_present < n_leads THEN 'era5_scoring'
             ELSE 'completed' END)::varchar(50) AS forecast_status,
       (CASE WHEN NOT has_era5 THEN 'day1_scoring' WHEN n_present < n_leads THEN concat('era5_scoring_', next_lead, 'h')
             ELSE 'complete' END)::varchar(100) AS current_forecast_stage,
       (CASE WHEN has_era5 AND n_present < n_leads THEN 'in_progress' ELSE 'completed' END)::varchar(50)
           AS current_forecast_status,
       NULL::text AS last_error_message,
       NULL::integer AS retries_remaining,
       NULL::timestamptz AS next_scheduled_retry,
       NULL::jsonb AS forecast_error_msg,
       day1_score AS forecast_score_initial,
       era5_score[1] AS era5_score_24h, era5_score[2] AS era5_score_48h, era5_score[3] AS era5_score_72h,
       era5_score[4] AS era5_score_96h, era5_score[5] AS era5_score_120h, era5_score[6] AS era5_score_144h,
       era5_score[7] AS era5_score_168h, era5_score[8] AS era5_score_192h, era5_score[9] AS era5_score_216h,
       era5_score[10] AS era5_score_240h,
       final_score AS era5_combined_score,
       CASE WHEN n_leads > 0 THEN n_present::double precision / n_leads END AS era5_completeness,
       overall AS overall_forecast_score,
       avg_rmse, avg_acc, avg_skill_score,
       '10day'::varchar(50) AS forecast_type,
       NULL::integer AS forecast_inference_duration_seconds,
       NULL::jsonb AS forecast_input_sources,
       NULL::varchar(50) AS hosting_status,
       NULL::integer AS hosting_latency_ms,
       NULL::text AS validator_hotkey,
       created_at, updated_at
FROM scored;

END IF;
END
$migration$;
