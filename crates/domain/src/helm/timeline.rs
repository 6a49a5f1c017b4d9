//! Both releases side by side in time: which version each had when, so that one sees where they were apart.

use super::{HistoryRow, Status};
use crate::phase::Tone;
use crate::sort;
use crate::time::Timestamp;

/// What happened, in columns: one for each moment at which Helm began a revision of either release. Equal steps, however
/// long they lasted: upgrades are minutes apart, and then nothing happens for weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// When each column begins.
    pub moments: Vec<Timestamp>,
    /// Of each release, in the order they were given.
    pub lanes: Vec<Vec<Span>>,
}

/// One revision, from the column in which it began to the one before which the next did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub from: usize,
    pub to: usize,
    pub began: Timestamp,
    /// "0.1.18", "0.1.18 failed", "revision 7" where the version is not known.
    pub words: String,
    pub tone: Tone,
}

/// The `newest` revisions of each release; their histories are given newest first.
pub fn timeline(releases: &[&[HistoryRow]], newest: usize) -> Timeline {
    let shown = |rows: &&[HistoryRow]| -> Vec<(Timestamp, HistoryRow)> {
        let dated = rows.iter().take(newest).filter_map(|it| Some((it.when?, it.clone())));
        let mut dated: Vec<_> = dated.collect();
        dated.reverse();
        dated
    };
    let releases: Vec<_> = releases.iter().map(shown).collect();
    let mut moments: Vec<_> = releases.iter().flatten().map(|(at, _)| *at).collect();
    sort::by(&mut moments, Ord::cmp);
    moments.dedup();
    let column = |at: &Timestamp| moments.iter().position(|it| it == at).unwrap_or_default();
    let lanes = releases.iter().map(|rows| {
        let spans = rows.iter().enumerate().map(|(index, (at, row))| Span {
            from: column(at),
            to: rows.get(index + 1).map_or(moments.len(), |(next, _)| column(next)),
            began: *at,
            words: words(row),
            tone: row.tone(),
        });
        spans.filter(|it| it.from < it.to).collect()
    });
    Timeline { lanes: lanes.collect(), moments }
}

fn words(row: &HistoryRow) -> String {
    let version = row.chart_version.clone().unwrap_or_else(|| format!("revision {}", row.revision));
    match &row.status {
        Status::Deployed | Status::Superseded => version,
        other => format!("{version} {}", other.word()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ReleaseSecret;
    use super::*;

    fn row(revision: u32, minute: i64, version: Option<&str>, status: Status) -> HistoryRow {
        let when = Timestamp::from_second(minute * 60);
        HistoryRow {
            release: String::new(),
            revision,
            status: status.clone(),
            when,
            took: None,
            chart_version: version.map(str::to_owned),
            app_version: None,
            description: None,
            from: None,
            direction: None,
            pending: None,
            secret: ReleaseSecret {
                release: String::new(),
                revision,
                status,
                secret: String::new(),
                namespace: String::new(),
                uid: String::new(),
                resource_version: String::new(),
                created: when,
                modified: None,
            },
        }
    }

    #[test]
    fn releases_stand_side_by_side_in_columns() {
        let platform = [
            row(3, 9, Some("0.1.16"), Status::Deployed),
            row(2, 5, Some("0.1.18"), Status::Failed),
            row(1, 1, Some("0.1.15"), Status::Superseded),
        ];
        let dependencies = [row(2, 4, None, Status::Deployed), row(1, 0, Some("0.1.15"), Status::Superseded)];
        let drawn = timeline(&[&dependencies, &platform], 5);
        assert_eq!(drawn.moments.len(), 5);
        let spans = |lane: usize| {
            let spans = drawn.lanes[lane].iter();
            spans.map(|it| (it.from, it.to, it.words.as_str(), it.tone)).collect::<Vec<_>>()
        };
        assert_eq!(spans(0), [(0, 2, "0.1.15", Tone::Off), (2, 5, "revision 2", Tone::Ok)]);
        assert_eq!(
            spans(1),
            [(1, 3, "0.1.15", Tone::Off), (3, 4, "0.1.18 failed", Tone::Bad), (4, 5, "0.1.16", Tone::Ok)]
        );
        assert_eq!(timeline(&[&dependencies, &platform], 1).moments.len(), 2);
        assert_eq!(timeline(&[&[], &[]], 5).moments, []);
    }

    #[test]
    fn revisions_of_one_second_do_not_hide_the_newer_one() {
        let rows = [row(2, 1, Some("b"), Status::Deployed), row(1, 1, Some("a"), Status::Superseded)];
        let drawn = timeline(&[&rows], 5);
        assert_eq!(drawn.lanes[0].iter().map(|it| it.words.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
