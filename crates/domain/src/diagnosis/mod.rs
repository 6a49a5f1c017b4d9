//! What is wrong, why, and what to do: live diagnosis.
//!
//! Each rule of [`rules`] looks at the [`Facts`] and says what it finds. A finding is about an object and holds up
//! others; a finding that is only a symptom gives way to a finding about what its object is made of. So a claim that is
//! not bound is one finding, and that its pod waits, its workload is not ready, Helm gave up and the phase is Degraded
//! are its consequences and no findings of their own.

pub mod facts;
mod rules;

pub use facts::{Facts, Source, Surroundings};
pub use rules::operator_version::{SPEAKERS, is_suspect, tells};

use crate::certainty::Certain;
use crate::contract::Concept;
use crate::phase::{Phase, Tone};
use crate::pointer::Pointer;
use crate::redact::redact;
use crate::sort;

/// Bytes of a piece of evidence that are kept.
const WORDS: usize = 1500;

/// Objects of one level of a cause chain that are named.
const NAMED: usize = 3;

/// Findings of one rule that are looked into and listed.
const MOST: usize = 100;

/// An object by its kind and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Kubernetes' kind, or "Helm release", "Operator", "Nodes", "Registry".
    pub kind: String,
    pub name: String,
}

impl Object {
    /// The object of this kind and name.
    pub fn new(kind: &str, name: &str) -> Self {
        Self { kind: kind.to_owned(), name: name.to_owned() }
    }

    /// "Deployment platform".
    pub fn words(&self) -> String {
        format!("{} {}", self.kind, self.name)
    }
}

/// How bad it is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work, or no change can be made.
    Broken,
    /// It works, and will not, or not well.
    Warning,
    /// Good to know.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }

    /// Its colour family.
    pub fn tone(self) -> Tone {
        match self {
            Self::Broken => Tone::Bad,
            Self::Warning => Tone::Warn,
            Self::Note => Tone::Unknown,
        }
    }
}

/// The very words that a finding rests on, and where they stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Object and field: "Pod platform-0, status.containerStatuses[platform].state.waiting".
    pub from: String,
    /// Redacted.
    pub words: String,
}

/// The lines of a log that would tell more; whoever shows the finding reads them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRef {
    pub pod: String,
    /// Empty for the pod's only one.
    pub container: String,
    /// Of the container's run before this one.
    pub previous: bool,
}

/// What mends it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does: "Restart Deployment platform".
    pub label: String,
    /// How it is done here; `None` where only the command does it.
    pub act: Option<Act>,
    /// The command that does the same.
    pub kubectl: String,
}

/// What can be done here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    ForceReconcile,
    /// Ask for this version.
    Version(String),
    /// Set a field of the installation.
    Set(Concept, String),
    /// Restart a workload's pods, one after the other.
    Restart(Object),
    /// Let a paused Deployment go on.
    Resume(Object),
    /// Delete a pod or a claim that its controller makes again.
    Delete(Object),
    /// Change this field of the installation in the form.
    Field(Pointer),
    /// Look at this secret, or at all of them.
    Secret(Option<String>),
}

impl Fix {
    fn here(label: impl Into<String>, act: Act, kubectl: impl Into<String>) -> Self {
        Self { label: label.into(), act: Some(act), kubectl: kubectl.into() }
    }

    fn command(label: impl Into<String>, kubectl: impl Into<String>) -> Self {
        Self { label: label.into(), act: None, kubectl: kubectl.into() }
    }
}

/// One level of a cause chain: the objects of one kind that are held up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// "Pods postgres-0 and redis-0", "phase Degraded".
    pub words: String,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static str,
    pub severity: Severity,
    pub object: Object,
    /// What is wrong, in one sentence, redacted.
    pub sentence: String,
    pub evidence: Vec<Evidence>,
    pub log: Option<LogRef>,
    pub fixes: Vec<Fix>,
    /// What it holds up directly, beside what its object is a part of.
    holds: Vec<Object>,
    /// Gives way to a finding about what its object is made of.
    symptom: bool,
    /// How many findings of its rule about its object stand before it.
    nth: usize,
    /// What it holds up, from the nearest to the installation's phase.
    pub chain: Vec<Link>,
    /// What other rules found and this explains, as sentences.
    pub explains: Vec<String>,
}

impl Finding {
    fn new(rule: &'static str, severity: Severity, object: Object, sentence: impl AsRef<str>) -> Self {
        Self {
            rule,
            severity,
            object,
            sentence: short(&redact(sentence.as_ref())),
            evidence: Vec::new(),
            log: None,
            fixes: Vec::new(),
            holds: Vec::new(),
            symptom: false,
            nth: 0,
            chain: Vec::new(),
            explains: Vec::new(),
        }
    }

    /// With the words at this place, where there are any.
    fn seen(mut self, from: impl Into<String>, words: impl AsRef<str>) -> Self {
        let words = words.as_ref().trim();
        if !words.is_empty() {
            self.evidence.push(Evidence { from: from.into(), words: short(&redact(words)) });
        }
        self
    }

    fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    fn holding(mut self, objects: impl IntoIterator<Item = Object>) -> Self {
        self.holds.extend(objects);
        self
    }

    fn symptom(mut self) -> Self {
        self.symptom = true;
        self
    }

    /// What identifies it while it lasts: no two of a diagnosis have the same.
    pub fn key(&self) -> String {
        format!("{}/{}/{}/{}", self.rule, self.object.kind, self.object.name, self.nth)
    }
}

/// The beginning of a text, with a mark where it was cut.
fn short(text: &str) -> String {
    let Some((end, _)) = text.char_indices().find(|(at, _)| *at >= WORDS) else { return text.to_owned() };
    format!("{}…", &text[..end])
}

/// What one rule looks for.
struct Rule {
    /// What is so when it finds nothing: "No container crashes again and again".
    checks: &'static str,
    needs: &'static [Source],
    find: fn(&Facts<'_>, &mut Vec<Finding>),
}

/// One line of what was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What holds if nothing was found.
    pub words: &'static str,
    /// Why it could not be looked at in full.
    pub unknown: Option<String>,
    /// Whether the rule found something, even if another finding explains it.
    pub found: bool,
    /// How much more of it the rule found than is listed.
    pub unlisted: usize,
}

/// What is wrong, and what was looked at to say so.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnosis {
    /// Root causes, worst first.
    pub findings: Vec<Finding>,
    pub checked: Vec<Checked>,
}

impl Diagnosis {
    /// Applies every rule, and leaves of what they find the root causes.
    pub fn of(facts: &Facts<'_>) -> Self {
        let mut all = Vec::new();
        let mut checked = Vec::new();
        for rule in rules::ALL {
            let before = all.len();
            (rule.find)(facts, &mut all);
            let found = all.len() - before;
            all.truncate(before + MOST);
            let unknown = rule
                .needs
                .iter()
                .find_map(|it| facts.unknown(*it).map(|why| format!("{}: {why}", it.words())));
            let unlisted = found.saturating_sub(MOST);
            checked.push(Checked { words: rule.checks, unknown, found: found > 0, unlisted });
        }
        Self { findings: roots(facts, all), checked }
    }

    /// The number of findings that need somebody: all but notes.
    pub fn count(&self) -> Certain<usize> {
        self.sure(self.findings.iter().filter(|it| it.severity != Severity::Note).count())
    }

    /// A number of findings: what is not listed may be consequences of what is.
    fn sure(&self, count: usize) -> Certain<usize> {
        match self.checked.iter().all(|it| it.unlisted == 0) {
            true => Certain::Exactly(count),
            false => Certain::AtLeast(count),
        }
    }

    /// The page's opening sentence and its colour family.
    pub fn sentence(&self) -> (String, Tone) {
        let open = self.checked.iter().filter(|it| it.unknown.is_some()).count();
        match self.findings.as_slice() {
            [] if open == 0 => (format!("Nothing is wrong: {} checks passed.", self.checked.len()), Tone::Ok),
            [] => {
                let done = self.checked.len() - open;
                (
                    format!("Nothing wrong was found: {done} checks passed, {open} could not be made."),
                    Tone::Unknown,
                )
            }
            [one] => (one.sentence.clone(), one.severity.tone()),
            [first, ..] => {
                let count = match self.sure(self.findings.len()) {
                    Certain::AtLeast(count) => format!("At least {count}"),
                    count => count.badge(),
                };
                (format!("{count} things are wrong. First: {}", first.sentence), first.severity.tone())
            }
        }
    }
}

/// Lets symptoms give way to what causes them, and orders the rest.
fn roots(facts: &Facts<'_>, all: Vec<Finding>) -> Vec<Finding> {
    let reach: Vec<Vec<Object>> = all.iter().map(|it| reach(facts, it)).collect();
    let cause = |at: usize| {
        let object = &all[at].object;
        (0..all.len()).find(|&other| {
            // Two symptoms of one object: the rule that comes first has the more particular words.
            let same = all[other].object == *object && (!all[other].symptom || other < at);
            let below = all[other].object != *object && reach[other].contains(object);
            other != at && (same || below)
        })
    };
    let causes: Vec<Option<usize>> =
        (0..all.len()).map(|at| all[at].symptom.then(|| cause(at)).flatten()).collect();
    let mut explains: Vec<Vec<String>> = vec![Vec::new(); all.len()];
    for at in 0..all.len() {
        let mut root = at;
        // A cause may be a symptom itself. The number of steps is bounded should two name each other.
        for _ in 0..all.len() {
            let Some(next) = causes[root] else { break };
            root = next;
        }
        if root != at && causes[root].is_none() && !explains[root].contains(&all[at].sentence) {
            explains[root].push(all[at].sentence.clone());
        }
    }
    let mut found: Vec<Finding> = Vec::new();
    for (at, mut finding) in all.into_iter().enumerate() {
        if causes[at].is_none() {
            finding.chain = chain(facts, &reach[at]);
            finding.explains = std::mem::take(&mut explains[at]);
            let twins = found.iter().filter(|it| it.rule == finding.rule && it.object == finding.object);
            finding.nth = twins.count();
            found.push(finding);
        }
    }
    sort::by(&mut found, |a, b| (a.severity, &a.sentence).cmp(&(b.severity, &b.sentence)));
    found
}

/// All objects that a finding holds up, nearest first.
fn reach(facts: &Facts<'_>, finding: &Finding) -> Vec<Object> {
    let mut reach = finding.holds.clone();
    reach.extend(facts.above(&finding.object));
    let mut at = 0;
    while at < reach.len() {
        for object in facts.above(&reach[at]) {
            // Thousands of pods have few workloads, which stand after them.
            if !reach.iter().rev().any(|it| *it == object) {
                reach.push(object);
            }
        }
        at += 1;
    }
    reach.retain(|it| *it != finding.object);
    reach
}

/// The objects that are held up, level by level.
fn chain(facts: &Facts<'_>, reach: &[Object]) -> Vec<Link> {
    const LEVELS: [&str; 6] =
        ["PersistentVolumeClaim", "Pod", "Deployment", "StatefulSet", "Helm release", "Operator"];
    let mut chain: Vec<Link> = Vec::new();
    for kind in LEVELS {
        let names: Vec<&str> = reach.iter().filter(|it| it.kind == kind).map(|it| it.name.as_str()).collect();
        let Some(words) = named(&names) else { continue };
        let plural = if names.len() > 1 { "s" } else { "" };
        chain.push(Link { words: format!("{kind}{plural} {words}") });
    }
    if reach.contains(&facts.root()) && facts.installation.phase != Phase::Ready {
        chain.push(Link { words: format!("phase {}", facts.installation.phase) });
    }
    chain
}

/// "a", "a and b", "a, b, c and 4 more".
fn named(names: &[&str]) -> Option<String> {
    Some(match names {
        [] => return None,
        [one] => (*one).to_owned(),
        [most @ .., last] if names.len() <= NAMED => format!("{} and {last}", most.join(", ")),
        _ => format!("{} and {} more", names[..NAMED].join(", "), names.len() - NAMED),
    })
}

#[cfg(test)]
mod tests;
