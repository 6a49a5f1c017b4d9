//! Versions: a lenient total order, directions, and the list of releases one can move to.

use std::cmp::Ordering;

use semver::{BuildMetadata, Version};

use crate::installation::Installation;
use crate::sort;
use crate::time::Timestamp;

/// Orders two version texts: by semver precedence where both are semver (a leading `v` and missing minor or patch
/// numbers are forgiven), anything else below every semver, ties by text. Total.
pub fn order(a: &str, b: &str) -> Ordering {
    (parse(a), a).cmp(&(parse(b), b))
}

/// Whether both texts name the same version: `v0.1.15` is `0.1.15`.
pub fn same(a: &str, b: &str) -> bool {
    a == b || parse(a).is_some_and(|a| Some(a) == parse(b))
}

/// Whether this is a semver prerelease, such as `0.2.0-rc.1`.
pub fn is_prerelease(version: &str) -> bool {
    parse(version).is_some_and(|version| !version.pre.is_empty())
}

/// Semver, forgiving a leading `v` and a missing minor or patch number.
fn parse(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    Version::parse(text).ok().or_else(|| {
        let numbers = text.find(['-', '+']).unwrap_or(text.len());
        let (numbers, rest) = text.split_at(numbers);
        let padding = match numbers.split('.').count() {
            1 => ".0.0",
            2 => ".0",
            _ => return None,
        };
        Version::parse(&format!("{numbers}{padding}{rest}")).ok()
    })
}

/// Which way a version change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// To a newer version.
    Upgrade,
    /// To an older version.
    Rollback,
    /// The same version again.
    Reinstall,
    /// From nothing.
    Install,
    /// To another version of which semver cannot say whether it is newer.
    Change,
}

impl Direction {
    /// The direction from what is deployed (`None`: nothing) to `to`. Never calls a downgrade an upgrade: where semver
    /// sees no order (other than by build metadata), it is a [`Direction::Change`].
    pub fn between(from: Option<&str>, to: &str) -> Self {
        let Some(from) = from else { return Self::Install };
        if same(from, to) {
            return Self::Reinstall;
        }
        let precedence = |text| {
            let version: Version = parse(text)?;
            Some(Version { build: BuildMetadata::EMPTY, ..version })
        };
        match (precedence(from), precedence(to)) {
            (Some(from), Some(to)) if from < to => Self::Upgrade,
            (Some(from), Some(to)) if from > to => Self::Rollback,
            _ => Self::Change,
        }
    }

    /// The noun: "upgrade", "rollback", "reinstall", "install", "version change".
    pub fn noun(self) -> &'static str {
        match self {
            Self::Upgrade => "upgrade",
            Self::Rollback => "rollback",
            Self::Reinstall => "reinstall",
            Self::Install => "install",
            Self::Change => "version change",
        }
    }

    /// The verb in progress with its preposition: "Upgrading to", "Rolling back to".
    pub fn progress(self) -> &'static str {
        match self {
            Self::Upgrade => "Upgrading to",
            Self::Rollback => "Rolling back to",
            Self::Reinstall => "Reinstalling",
            Self::Install => "Installing",
            Self::Change => "Changing to",
        }
    }
}

/// A version that one can move to, as a row of the Releases page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReleaseRow {
    pub version: String,
    pub published: Option<Timestamp>,
    pub digest: Option<String>,
    pub notes_url: Option<String>,
    pub prerelease: bool,
    /// The platform runs it.
    pub deployed: bool,
    /// The spec asks for it.
    pub requested: bool,
    /// The newest stable one of the registry.
    pub newest: bool,
    /// The registry lists it; a deployed or requested one may have been removed there.
    pub listed: bool,
    /// Which way it is from the deployed one.
    pub direction: Direction,
}

/// The registry's versions and the deployed and requested ones, newest first, each once.
pub fn releases(installation: &Installation) -> Vec<ReleaseRow> {
    let deployed = installation.deployed_version.as_deref();
    let requested = installation.target_version.as_deref();
    let newest = newest_stable(installation);
    let listed = installation.available.iter().flatten();
    let row = |version: &str, listed: bool| ReleaseRow {
        version: version.to_owned(),
        published: None,
        digest: None,
        notes_url: None,
        prerelease: is_prerelease(version),
        deployed: deployed.is_some_and(|deployed| same(deployed, version)),
        requested: requested.is_some_and(|requested| same(requested, version)),
        newest: newest == Some(version),
        listed,
        direction: Direction::between(deployed, version),
    };
    let mut rows: Vec<ReleaseRow> = Vec::new();
    for one in listed {
        if rows.iter().all(|row| row.version != one.version) {
            rows.push(ReleaseRow {
                published: one.published,
                digest: one.digest.clone(),
                notes_url: one.notes_url.clone(),
                ..row(&one.version, true)
            });
        }
    }
    for version in deployed.into_iter().chain(requested) {
        if rows.iter().all(|row| !same(&row.version, version)) {
            rows.push(row(version, false));
        }
    }
    sort::by(&mut rows, |a, b| order(&b.version, &a.version));
    rows
}

/// The rows whose version contains `text`, whatever its case; all for an empty text.
pub fn filter<'a>(rows: &'a [ReleaseRow], text: &str) -> Vec<&'a ReleaseRow> {
    let text = text.trim().to_ascii_lowercase();
    rows.iter().filter(|row| row.version.to_ascii_lowercase().contains(&text)).collect()
}

/// The newest stable version of the registry, where it is newer than the deployed one. `None` while nothing is
/// deployed or the deployed one is no semver: then "newer" means nothing.
pub fn update_available(installation: &Installation) -> Option<&str> {
    let newest = newest_stable(installation)?;
    let deployed = installation.deployed_version.as_deref()?;
    (Direction::between(Some(deployed), newest) == Direction::Upgrade).then_some(newest)
}

fn newest_stable(installation: &Installation) -> Option<&str> {
    let versions = installation.available.iter().flatten().map(|one| one.version.as_str());
    versions
        .filter(|version| parse(version).is_some_and(|version| version.pre.is_empty()))
        .max_by(|a, b| order(a, b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::installation::AvailableVersion;

    fn installation(available: &[&str], deployed: Option<&str>, requested: Option<&str>) -> Installation {
        let available = available.iter().map(|version| AvailableVersion {
            version: (*version).to_owned(),
            published: None,
            digest: None,
            notes_url: None,
        });
        Installation {
            available: Some(available.collect()),
            deployed_version: deployed.map(str::to_owned),
            target_version: requested.map(str::to_owned),
            ..Installation::default()
        }
    }

    #[test]
    fn orders_like_semver_and_forgives() {
        let check = |a: &str, b: &str, expect| assert_eq!(order(a, b), expect, "{a} {b}");
        check("0.1.9", "0.1.10", Ordering::Less);
        check("0.2.0-rc.1", "0.2.0", Ordering::Less);
        check("0.2.0-rc.2", "0.2.0-rc.10", Ordering::Less);
        check("v1.2", "1.1.9", Ordering::Greater);
        check("nightly", "0.0.1", Ordering::Less);
        check("nightly", "nightly", Ordering::Equal);
        assert!(same("v0.1.15", "0.1.15"));
        assert!(same("1.2", "1.2.0"));
        assert!(!same("1.2.0+a", "1.2.0+b"));
    }

    #[test]
    fn names_the_direction_and_never_calls_a_downgrade_an_upgrade() {
        let check =
            |from, to: &str, expect| assert_eq!(Direction::between(from, to), expect, "{from:?} {to}");
        check(None, "0.1.15", Direction::Install);
        check(Some("0.1.15"), "0.1.18", Direction::Upgrade);
        check(Some("0.1.18"), "0.1.15", Direction::Rollback);
        check(Some("0.2.0"), "0.2.0-rc.1", Direction::Rollback);
        check(Some("0.1.15"), "v0.1.15", Direction::Reinstall);
        check(Some("0.1.15"), "nightly", Direction::Change);
        check(Some("nightly"), "0.1.15", Direction::Change);
        check(Some("1.0.0+a"), "1.0.0+b", Direction::Change);
    }

    #[test]
    fn lists_newest_first_with_marks() {
        let installation = installation(
            &["0.1.9", "0.2.0-rc.1", "0.1.18", "nightly", "0.1.18"],
            Some("0.1.15"),
            Some("0.1.18"),
        );
        let rows = releases(&installation);
        let versions: Vec<_> = rows.iter().map(|row| row.version.as_str()).collect();
        assert_eq!(versions, ["0.2.0-rc.1", "0.1.18", "0.1.15", "0.1.9", "nightly"]);
        let marks = |version: &str| {
            let row = rows.iter().find(|row| row.version == version).unwrap();
            (row.deployed, row.requested, row.newest, row.listed, row.prerelease)
        };
        assert_eq!(marks("0.1.18"), (false, true, true, true, false));
        assert_eq!(marks("0.1.15"), (true, false, false, false, false));
        assert_eq!(marks("0.2.0-rc.1"), (false, false, false, true, true));
        assert_eq!(filter(&rows, " RC ").len(), 1);
        assert_eq!(filter(&rows, "").len(), 5);
        assert_eq!(update_available(&installation), Some("0.1.18"));
    }

    #[test]
    fn offers_no_update_where_newer_means_nothing() {
        assert_eq!(update_available(&installation(&["0.1.18"], None, None)), None);
        assert_eq!(update_available(&installation(&["0.1.18"], Some("nightly"), None)), None);
        assert_eq!(update_available(&installation(&["0.1.18"], Some("0.1.18"), None)), None);
        assert_eq!(update_available(&installation(&["0.2.0-rc.1"], Some("0.1.18"), None)), None);
    }

    proptest! {
        #[test]
        fn the_order_is_total(mut versions in prop::collection::vec("v?[0-2]{1,2}(\\.[0-2]){0,3}(-[a-b0-2.]{1,3})?|[a-z]{1,3}", 0..12)) {
            versions.sort_by(|a, b| order(a, b));
            for pair in versions.windows(2) {
                prop_assert_ne!(order(&pair[0], &pair[1]), Ordering::Greater);
                prop_assert_eq!(order(&pair[0], &pair[1]), order(&pair[1], &pair[0]).reverse());
            }
            if let (Some(first), Some(last)) = (versions.first(), versions.last()) {
                prop_assert_ne!(order(first, last), Ordering::Greater);
            }
        }

        #[test]
        fn forth_and_back_are_opposite(a in "[0-2]\\.[0-2]\\.[0-2]", b in "[0-2]\\.[0-2]\\.[0-2]") {
            let forth = Direction::between(Some(&a), &b);
            let back = Direction::between(Some(&b), &a);
            prop_assert_eq!(forth == Direction::Upgrade, back == Direction::Rollback);
            prop_assert_eq!(forth == Direction::Reinstall, a == b);
        }
    }
}
