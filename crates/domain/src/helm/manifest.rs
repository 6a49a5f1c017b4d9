//! A release's manifest: its objects, masked, and what changed of them from one revision to another.

use crate::redact::{MASK, redact};

/// A line of a text's difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextLine {
    Same(String),
    Removed(String),
    Added(String),
    /// So many lines that are the same on both sides.
    Folded(usize),
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectChange {
    /// `Deployment platform`
    pub name: String,
    /// Only removed lines where it is gone, only added ones where it is new.
    pub lines: Vec<TextLine>,
}

/// Lines around a change that are shown.
const CONTEXT: usize = 3;

/// Pairs of lines that are compared at most; a larger change is told as a whole.
const PAIRS: usize = 4_000_000;

/// The manifest's objects as they are written, in order.
fn objects(manifest: &str) -> Vec<String> {
    let mut objects = vec![String::new()];
    for line in manifest.lines() {
        if line.trim_end() == "---" {
            objects.push(String::new());
        } else if let Some(object) = objects.last_mut() {
            object.push_str(line);
            object.push('\n');
        }
    }
    objects.retain(|object| object.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')));
    objects
}

/// The text of a top-level `key`.
fn field<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let line = object.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    Some(line.trim().trim_matches(['"', '\'']))
}

/// `Deployment platform`, or with a namespace of its own `Role x in y`.
fn name(object: &str) -> String {
    let mut inside = false;
    let mut found = [None, None];
    for line in object.lines() {
        if !line.starts_with([' ', '#']) && !line.trim().is_empty() {
            inside = line.trim_end() == "metadata:";
        } else if inside {
            for (slot, key) in found.iter_mut().zip(["  name:", "  namespace:"]) {
                if let Some(value) = line.strip_prefix(key) {
                    slot.get_or_insert(value.trim().trim_matches(['"', '\'']));
                }
            }
        }
    }
    let [name, namespace] = found;
    let within = namespace.map(|it| format!(" in {it}")).unwrap_or_default();
    format!("{} {}{within}", field(object, "kind").unwrap_or("Object"), name.unwrap_or("without a name"))
}

/// The manifest with secrets masked.
pub fn masked(manifest: &str) -> String {
    let objects: Vec<String> = objects(manifest).iter().map(|it| masked_object(it)).collect();
    objects.join("---\n")
}

/// An object with secrets masked: all values of a Secret, and what looks like one elsewhere.
fn masked_object(object: &str) -> String {
    if field(object, "kind") != Some("Secret") {
        return redact(object);
    }
    let mut text = String::new();
    // Inside of the data: the indentation of its keys, once it is known.
    let mut inside: Option<Option<usize>> = None;
    for line in object.lines() {
        let indent = line.len() - line.trim_start().len();
        let blank = line.trim().is_empty();
        if indent == 0 && !blank && !line.starts_with('#') {
            inside = None;
            if let Some((key, rest)) =
                line.split_once(':').filter(|(key, _)| ["data", "stringData"].contains(key))
            {
                inside = Some(None);
                let rest = if rest.trim().is_empty() { "" } else { " •••" };
                text.push_str(&format!("{key}:{rest}\n"));
                continue;
            }
        }
        match &mut inside {
            None => text.push_str(&format!("{}\n", redact(line))),
            Some(_) if blank => {}
            Some(depth) => {
                // Anything deeper, and what is no key, is part of a value.
                let key = line
                    .split_once(':')
                    .map(|(key, _)| key)
                    .filter(|_| indent == *depth.get_or_insert(indent));
                if let Some(key) = key {
                    text.push_str(&format!("{key}: {MASK}\n"));
                }
            }
        }
    }
    text
}

/// What changed of the objects, in the order of the later manifest; those that are gone come last. Masked.
pub fn difference(before: &str, after: &str) -> Vec<ObjectChange> {
    let (before, after) = (objects(before), objects(after));
    let mut changes = Vec::new();
    let mut old: Vec<(String, &String)> = before.iter().map(|it| (name(it), it)).collect();
    for object in &after {
        let name = name(object);
        let known = old.iter().position(|(one, _)| *one == name).map(|at| old.remove(at).1);
        if known != Some(object) {
            let known = known.map(|it| masked_object(it)).unwrap_or_default();
            let mut lines = lines(&known, &masked_object(object));
            if lines.is_empty() {
                lines.push(TextLine::Same("Only masked values changed.".to_owned()));
            }
            changes.push(ObjectChange { name, lines });
        }
    }
    for (name, object) in old {
        changes.push(ObjectChange { name, lines: lines(&masked_object(object), "") });
    }
    changes
}

/// The difference of two texts, folded to what changed and a few lines around; empty where they are the same.
pub fn lines(before: &str, after: &str) -> Vec<TextLine> {
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let shorter = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count().min(shorter);
    if head == a.len() && head == b.len() {
        return Vec::new();
    }
    let (left, right) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let mut all: Vec<TextLine> = a[..head].iter().map(|it| TextLine::Same((*it).to_owned())).collect();
    middle(left, right, &mut all);
    all.extend(a[a.len() - tail..].iter().map(|it| TextLine::Same((*it).to_owned())));
    folded(all)
}

/// The longest common subsequence, by the table.
fn middle(left: &[&str], right: &[&str], all: &mut Vec<TextLine>) {
    let (rows, columns) = (left.len(), right.len());
    let width = columns + 1;
    // Lengths of the longest common subsequence of what follows; all zero where there is too much to compare.
    let mut common = vec![0_u32; if rows * columns <= PAIRS { (rows + 1) * width } else { 0 }];
    let compared = !common.is_empty();
    if compared {
        for i in (0..rows).rev() {
            for j in (0..columns).rev() {
                common[i * width + j] = if left[i] == right[j] {
                    common[(i + 1) * width + j + 1] + 1
                } else {
                    common[(i + 1) * width + j].max(common[i * width + j + 1])
                };
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < rows || j < columns {
        if compared && i < rows && j < columns && left[i] == right[j] {
            all.push(TextLine::Same(left[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if i < rows
            && (j == columns || !compared || common[(i + 1) * width + j] >= common[i * width + j + 1])
        {
            all.push(TextLine::Removed(left[i].to_owned()));
            i += 1;
        } else {
            all.push(TextLine::Added(right[j].to_owned()));
            j += 1;
        }
    }
}

/// Long runs of equal lines become one.
fn folded(all: Vec<TextLine>) -> Vec<TextLine> {
    let same = |at: usize| matches!(all.get(at), Some(TextLine::Same(_)));
    let mut short = Vec::new();
    let mut at = 0;
    while at < all.len() {
        let run = (at..all.len()).take_while(|at| same(*at)).count();
        let before = if at == 0 { 0 } else { CONTEXT };
        let after = if at + run == all.len() { 0 } else { CONTEXT };
        if run > before + after + 1 {
            short.extend_from_slice(&all[at..at + before]);
            short.push(TextLine::Folded(run - before - after));
            short.extend_from_slice(&all[at + run - after..at + run]);
        } else {
            short.extend_from_slice(&all[at..at + run]);
        }
        at += run;
        if at < all.len() {
            short.push(all[at].clone());
            at += 1;
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MANIFEST: &str = "---\n# Source: a.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: session\nstringData:\n  key: \"a46c\"\n  cert: |\n    -----BEGIN\n    x: y\n\n  more: abc\ntype: Opaque\n---\nkind: Deployment\nmetadata:\n  labels:\n    name: no\n  name: platform\nspec:\n  replicas: 2\n---\n# Source: empty.yaml\n";

    #[test]
    fn a_secrets_values_are_masked_and_its_keys_told() {
        assert_eq!(
            masked(MANIFEST),
            "# Source: a.yaml\napiVersion: v1\nkind: Secret\nmetadata:\n  name: session\nstringData:\n  key: •••\n  cert: •••\n  more: •••\ntype: Opaque\n---\nkind: Deployment\nmetadata:\n  labels:\n    name: no\n  name: platform\nspec:\n  replicas: 2\n"
        );
        assert!(!masked("kind: Secret\ndata: {a: aHVudGVy}\n").contains("aHVudGVy"));
    }

    #[test]
    fn objects_are_compared_by_their_names() {
        let after = MANIFEST.replace("replicas: 2", "replicas: 3").replace("a46c", "b57d")
            + "---\nkind: Role\nmetadata:\n  name: r\n  namespace: other\n";
        let changes = difference(MANIFEST, &after);
        let names: Vec<_> = changes.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Secret session", "Deployment platform", "Role r in other"]);
        assert_eq!(changes[0].lines, [TextLine::Same("Only masked values changed.".into())]);
        assert!(changes[1].lines.contains(&TextLine::Removed("  replicas: 2".into())));
        assert!(changes[1].lines.contains(&TextLine::Added("  replicas: 3".into())));
        assert_eq!(difference(MANIFEST, MANIFEST), []);
        let gone = difference(&after, MANIFEST);
        assert!(gone[2].lines.iter().all(|line| matches!(line, TextLine::Removed(_))));
    }

    #[test]
    fn equal_lines_are_folded() {
        let text: String = (0..20).map(|it| format!("{it}\n")).collect();
        let lines = lines(&text, &text.replace("10\n", "ten\n"));
        assert_eq!(lines.first(), Some(&TextLine::Folded(7)));
        assert_eq!(lines.last(), Some(&TextLine::Folded(6)));
        assert_eq!(lines.len(), 1 + 3 + 2 + 3 + 1);
    }

    proptest! {
        #[test]
        fn both_texts_are_in_their_difference(a in prop::collection::vec("[ab]", 0..30), b in prop::collection::vec("[ab]", 0..30)) {
            let difference = lines(&a.join("\n"), &b.join("\n"));
            let (mut left, mut right) = (0, 0);
            for line in difference {
                match line {
                    TextLine::Folded(run) => {
                        prop_assert_eq!(&a[left..left + run], &b[right..right + run]);
                        (left, right) = (left + run, right + run);
                    }
                    TextLine::Same(text) => {
                        prop_assert!(a[left] == text && b[right] == text);
                        (left, right) = (left + 1, right + 1);
                    }
                    TextLine::Removed(text) => {
                        prop_assert_eq!(&a[left], &text);
                        left += 1;
                    }
                    TextLine::Added(text) => {
                        prop_assert_eq!(&b[right], &text);
                        right += 1;
                    }
                }
            }
            prop_assert!(a == b || (left, right) == (a.len(), b.len()));
        }

        #[test]
        fn a_secrets_value_never_shows(value in "Zq7[ -~\n]{0,40}", indent in 1_usize..5) {
            let pad = " ".repeat(indent);
            let value = value.replace('\n', &format!("\n{pad}  "));
            let text = masked(&format!("kind: Secret\nmetadata:\n  name: a\ndata:\n{pad}k: {value}\n{pad}l: x{value}\ntype: Opaque\n"));
            prop_assert!(!text.contains("Zq7"), "{}", text);
        }
    }
}
