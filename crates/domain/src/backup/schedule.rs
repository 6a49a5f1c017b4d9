//! Schedules of backups: cron in words, when one runs next, and what went wrong with it.

use serde_json::Value;

use super::{BACKUP, Backup, Database, State};
use crate::ago::ago;
use crate::objects::{text, time};
use crate::time::{SignedDuration, Timestamp};

/// A schedule, as its CronJob says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The CronJob's name.
    pub name: String,
    /// The CronJob's uid.
    pub uid: String,
    pub database: Database,
    pub cron: String,
    /// `Etc/UTC` and the like; empty for the controller manager's own.
    pub zone: String,
    pub suspended: bool,
    pub last: Option<Timestamp>,
    since: Option<Timestamp>,
    /// Days that its backups are kept.
    pub days: Option<u64>,
}

/// Seconds by which the clocks of a time zone are ahead of UTC at a time; `None` for a zone that is not known. The rules of
/// the zones are the browser's.
pub type Zones<'a> = &'a dyn Fn(&str, Timestamp) -> Option<i64>;

/// Seconds of an offset as `Intl.DateTimeFormat` writes it (`longOffset`): `GMT`, `GMT+05:30`, `GMT-03:00`.
pub fn offset(text: &str) -> Option<i64> {
    let text = text.strip_prefix("GMT")?;
    if text.is_empty() {
        return Some(0);
    }
    let sign = if text.starts_with(['-', '\u{2212}']) { -1 } else { 1 };
    let mut parts = text.trim_start_matches(['+', '-', '\u{2212}']).split(':');
    let mut seconds = 0;
    for weight in [3600, 60, 1] {
        seconds += weight * i64::from(parts.next().map_or(Some(0), |it| it.parse::<u16>().ok())?);
    }
    Some(sign * seconds)
}

/// A run that is this late was missed.
const LATE: SignedDuration = SignedDuration::from_mins(10);

/// The schedules of these CronJobs; those without the label [`BACKUP`] are ignored.
pub fn schedules(cron_jobs: &[Value]) -> Vec<Schedule> {
    cron_jobs.iter().filter_map(Schedule::read).collect()
}

impl Schedule {
    fn read(cron_job: &Value) -> Option<Self> {
        let (metadata, spec) = (&cron_job["metadata"], &cron_job["spec"]);
        let ttl = spec.pointer("/jobTemplate/spec/ttlSecondsAfterFinished").and_then(Value::as_u64);
        Some(Self {
            name: text(metadata, "name"),
            uid: text(metadata, "uid"),
            database: Database::keyed(metadata["labels"][BACKUP].as_str()?)?,
            cron: text(spec, "schedule"),
            zone: text(spec, "timeZone"),
            suspended: spec["suspend"] == true,
            last: time(&cron_job["status"], "lastScheduleTime"),
            since: time(metadata, "creationTimestamp"),
            days: ttl.map(|seconds| seconds / 86_400),
        })
    }

    /// When it runs next after `now`; `None` where it is suspended, in a time zone that is not known here, or of a form that
    /// is not read here. Without a time zone it is taken for one in UTC, in which clusters run.
    pub fn next(&self, now: Timestamp, zones: Zones<'_>) -> Option<Timestamp> {
        let zone = if self.zone.is_empty() { "Etc/UTC" } else { self.zone.as_str() };
        (!self.suspended).then(|| next(&self.cron, now, &|at| zones(zone, at))).flatten()
    }

    /// What is wrong with it, as a sentence: a run was missed, or the last one failed.
    pub fn trouble(&self, backups: &[Backup], now: Timestamp, zones: Zones<'_>) -> Option<String> {
        let name = self.database.name();
        let own = |it: &&Backup| it.database == self.database && it.who.is_none();
        if let Some(State::Failed(why)) = backups.iter().find(own).map(|it| &it.state) {
            return Some(format!("The last scheduled backup of {name} failed: {why}."));
        }
        let before = self.last.max(self.since)?;
        let due = self.next(before, zones)?;
        (now.duration_since(due) > LATE)
            .then(|| format!("The scheduled backup of {name} was due {} and did not run.", ago(due, now)))
    }
}

const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// The schedule in words: "every day at 02:30", "every Sunday at 03:00", "every hour at :15"; any other as it is.
pub fn words(cron: &str) -> String {
    let fields: Vec<&str> = cron.split_whitespace().collect();
    let [minute, hour, day, month, weekday] = fields[..] else { return cron.to_owned() };
    let number = |text: &str| text.parse::<usize>().ok();
    match (number(minute), number(hour), day, month, weekday) {
        (Some(minute), Some(hour), "*", "*", "*") => format!("every day at {hour:02}:{minute:02}"),
        (Some(minute), Some(hour), "*", "*", "1-5") => format!("Monday to Friday at {hour:02}:{minute:02}"),
        (Some(minute), Some(hour), "*", "*", on) if number(on).is_some() => {
            let on = DAYS[number(on).unwrap_or_default() % 7];
            format!("every {on} at {hour:02}:{minute:02}")
        }
        (Some(minute), Some(hour), on, "*", "*") if number(on).is_some() => {
            format!("on day {on} of each month at {hour:02}:{minute:02}")
        }
        (Some(minute), None, "*", "*", "*") if hour == "*" => format!("every hour at :{minute:02}"),
        _ => cron.to_owned(),
    }
}

/// The minutes, hours, days, months and weekdays that a schedule names, as bits.
fn parse(cron: &str) -> Option<[u64; 5]> {
    let bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
    let fields: Vec<&str> = cron.split_whitespace().collect();
    if fields.len() != bounds.len() {
        return None;
    }
    let mut bits = [0; 5];
    for (at, (field, (low, high))) in fields.into_iter().zip(bounds).enumerate() {
        for part in field.split(',') {
            let (range, step) = part.split_once('/').map_or(Some((part, 1)), |(range, step)| {
                Some((range, step.parse::<u32>().ok().filter(|it| *it > 0)?))
            })?;
            let (from, to) = match range.split_once('-') {
                Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
                None if range == "*" => (low, high),
                None => {
                    let one = range.parse::<u32>().ok()?;
                    (one, if step > 1 { high } else { one })
                }
            };
            if from < low || to > high || from > to {
                return None;
            }
            bits[at] |= (from..=to).step_by(step as usize).map(|it| 1_u64 << it).sum::<u64>();
        }
    }
    // Sunday is 0 and 7.
    bits[4] |= bits[4] >> 7 & 1;
    Some(bits)
}

/// Whether this client can read the schedule; the API server may take more.
pub fn is_read(cron: &str) -> bool {
    parse(cron).is_some()
}

/// The first minute after `after` that the schedule names on the clocks of a zone, within the next four years. `offset` is
/// the zone's, as of [`Zones`]. An hour that the clocks leave out has no run, one that they repeat has two, as the
/// CronJob controller has it.
pub fn next(cron: &str, after: Timestamp, offset: &dyn Fn(Timestamp) -> Option<i64>) -> Option<Timestamp> {
    let [minutes, hours, days, months, weekdays] = parse(cron)?;
    let stars: Vec<bool> = cron.split_whitespace().map(|it| it.starts_with('*')).collect();
    let has = |bits: u64, at: i64| bits >> at & 1 == 1;
    let day_of = |second: i64| second.div_euclid(86_400);
    let ahead = |second: i64| offset(Timestamp::from_second(second)?);
    let mut second = (after.as_millisecond().div_euclid(60_000) + 1) * 60;
    let end = second + 4 * 366 * 86_400;
    while second < end {
        let clock = second + ahead(second)?;
        let at = Timestamp::from_second(clock)?.to_string();
        let part = |range: std::ops::Range<usize>| at[range].parse::<i64>().unwrap_or_default();
        // 1970-01-01 was a Thursday.
        let weekday = (day_of(clock) + 4).rem_euclid(7);
        let (by_day, by_weekday) = (has(days, part(8..10)), has(weekdays, weekday));
        // Where both are given, either will do (crontab(5)).
        let on_day = if stars[2] || stars[4] { by_day && by_weekday } else { by_day || by_weekday };
        if !has(months, part(5..7)) || !on_day {
            second += 86_400 - clock.rem_euclid(86_400);
            // The clocks went forward on the way: back to where the day began on them.
            let past = (second + ahead(second)?).rem_euclid(86_400);
            if past < 43_200 && ahead(second - past) == ahead(second) {
                second -= past;
            }
        } else if !has(hours, part(11..13)) {
            second += 3600 - clock.rem_euclid(3600);
        } else if !has(minutes, part(14..16)) {
            second += 60;
        } else {
            return Timestamp::from_second(second);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn schedules_read_in_words_and_know_their_next_run() {
        let check = |cron: &str, expect: &str, next_run: Option<&str>| {
            assert_eq!(words(cron), expect, "{cron}");
            // A Sunday.
            let after = time("2026-03-01T12:00:30Z");
            assert_eq!(next(cron, after, &|_| Some(0)), next_run.map(time), "{cron}");
        };
        check("30 2 * * *", "every day at 02:30", Some("2026-03-02T02:30:00Z"));
        check("0 3 * * 0", "every Sunday at 03:00", Some("2026-03-08T03:00:00Z"));
        check("0 3 * * 7", "every Sunday at 03:00", Some("2026-03-08T03:00:00Z"));
        check("15 * * * *", "every hour at :15", Some("2026-03-01T12:15:00Z"));
        check("0 4 1 * *", "on day 1 of each month at 04:00", Some("2026-04-01T04:00:00Z"));
        check("0 1 * * 1-5", "Monday to Friday at 01:00", Some("2026-03-02T01:00:00Z"));
        check("*/20 6,18 * * *", "*/20 6,18 * * *", Some("2026-03-01T18:00:00Z"));
        check("0 0 13 * 5", "0 0 13 * 5", Some("2026-03-06T00:00:00Z"));
        check("0 0 29 2 *", "0 0 29 2 *", Some("2028-02-29T00:00:00Z"));
        check("0 0 31 2 *", "0 0 31 2 *", None);
        check("61 * * * *", "every hour at :61", None);
        check("@daily", "@daily", None);
    }

    /// Berlin in 2026: its clocks go forward on March 29 and back on October 25, at 01:00 UTC.
    fn berlin(at: Timestamp) -> Option<i64> {
        let summer = time("2026-03-29T01:00:00Z")..time("2026-10-25T01:00:00Z");
        Some(if summer.contains(&at) { 7200 } else { 3600 })
    }

    #[test]
    fn a_run_is_due_by_the_clocks_of_its_zone() {
        let check = |cron: &str, after: &str, expect: &str| {
            assert_eq!(next(cron, time(after), &berlin), Some(time(expect)), "{cron} after {after}");
        };
        check("30 2 * * *", "2026-03-01T12:00:00Z", "2026-03-02T01:30:00Z");
        check("30 2 * * *", "2026-07-01T12:00:00Z", "2026-07-02T00:30:00Z");
        // 02:30 is left out on the 29th.
        check("30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z");
        // Sunday is the 29th, which has 23 hours, and the next one is a day on.
        check("30 0 * * 1", "2026-03-29T00:00:00Z", "2026-03-29T22:30:00Z");
        check("30 0 * * 0", "2026-03-28T12:00:00Z", "2026-03-28T23:30:00Z");
        // The 25th has 25 hours, and 02:30 twice.
        check("30 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z");
        check("30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z");
        check("0 0 26 10 *", "2026-10-24T12:00:00Z", "2026-10-25T23:00:00Z");
        let india = |_| Some(19_800);
        assert_eq!(
            next("30 2 * * *", time("2026-03-01T12:00:00Z"), &india),
            Some(time("2026-03-01T21:00:00Z"))
        );
        assert_eq!(next("30 2 * * *", time("2026-03-01T12:00:00Z"), &|_| None), None);
    }

    #[test]
    fn offsets_are_read_as_browsers_write_them() {
        let check = |text: &str, expect| assert_eq!(offset(text), expect, "{text}");
        check("GMT", Some(0));
        check("GMT+05:30", Some(19_800));
        check("GMT-03:00", Some(-10_800));
        check("GMT\u{2212}03:00", Some(-10_800));
        check("GMT+00:53:28", Some(3208));
        check("CET", None);
        check("GMT+x", None);
    }

    #[test]
    fn a_missed_or_failed_run_is_told() {
        let cron_job = |last: &str, suspend: bool| {
            json!({"metadata": {"name": "backup-postgresql", "labels": {BACKUP: "postgresql"},
                "creationTimestamp": "2026-02-01T00:00:00Z"},
                "spec": {"schedule": "0 2 * * *", "timeZone": "Etc/UTC", "suspend": suspend,
                    "jobTemplate": {"spec": {"ttlSecondsAfterFinished": 604_800}}},
                "status": {"lastScheduleTime": last}})
        };
        let trouble = |last: &str, suspend: bool, backups: &[Backup]| {
            let all = schedules(&[cron_job(last, suspend), json!({"metadata": {"name": "other"}})]);
            assert_eq!((all.len(), all[0].days), (1, Some(7)));
            all[0].trouble(backups, time("2026-03-01T12:00:00Z"), &|_, _| Some(0))
        };
        assert_eq!(trouble("2026-03-01T02:00:00Z", false, &[]), None);
        let missed = trouble("2026-02-28T02:00:00Z", false, &[]).unwrap();
        assert_eq!(missed, "The scheduled backup of PostgreSQL was due 10 h ago and did not run.");
        assert_eq!(trouble("2026-02-20T02:00:00Z", true, &[]), None);
        let failed = super::super::tests::backup(State::Failed("disk full".into()));
        let said = trouble("2026-03-01T02:00:00Z", false, &[Backup { who: None, ..failed }]).unwrap();
        assert_eq!(said, "The last scheduled backup of PostgreSQL failed: disk full.");
    }
}
