//! What is wrong with a value by its schema: the API server's own rules (apiextensions' structural validation), as far
//! as they can be told without it. Rules in CEL are the server's alone; so is whatever is in doubt here.

use std::borrow::Cow;
use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::node::{Kind, ListType, Node};
use crate::{plain, pointer::Pointer};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The field at fault.
    pub pointer: Pointer,
    /// What it has to be, as a phrase that begins with a capital and ends with a full stop.
    pub message: String,
}

/// Whether a text (second) matches a pattern (first) anywhere; `None` where the pattern cannot be read here. The domain
/// has no regular expressions: the browser has.
pub type Matches<'a> = &'a dyn Fn(&str, &str) -> Option<bool>;

/// How deep branches of one value are followed: a schema may refer to itself.
const NESTED: usize = 6;

/// Places and their branches that are looked at in all: branches that refer to themselves multiply at each level. Where they do not suffice
/// nothing is said, and the server judges.
const STEPS: usize = 200_000;

/// What is wrong with `value` at the place `node`, field by field. Values that the API server fills in are not missed.
pub fn check(node: Node<'_>, value: &Value, matches: Matches<'_>) -> Vec<Issue> {
    let steps = Cell::new(STEPS);
    let mut checker = Checker { matches, issues: Vec::new(), steps: &steps };
    checker.value(node, value, &Pointer::root(), NESTED);
    if steps.get() == 0 { Vec::new() } else { checker.issues }
}

struct Checker<'a> {
    matches: Matches<'a>,
    issues: Vec<Issue>,
    /// Left of [`STEPS`].
    steps: &'a Cell<usize>,
}

impl Checker<'_> {
    fn say(&mut self, at: &Pointer, message: impl Into<String>) {
        let issue = Issue { pointer: at.clone(), message: message.into() };
        if !self.issues.contains(&issue) {
            self.issues.push(issue);
        }
    }

    /// An empty one of the same, for a branch that may or may not fit.
    fn apart(&self) -> Self {
        Self { matches: self.matches, issues: Vec::new(), steps: self.steps }
    }

    fn value(&mut self, node: Node<'_>, value: &Value, at: &Pointer, fuel: usize) {
        self.steps.set(self.steps.get().saturating_sub(1 + node.all_branches().count()));
        if self.steps.get() == 0 {
            return;
        }
        if value.is_null() && node.is_nullable() {
            return;
        }
        if let Some(expected) = wrong_type(node, value) {
            return self.say(at, format!("Must be {expected}."));
        }
        let choices = node.choices();
        if !choices.is_empty() && !choices.contains(&value) {
            let names: Vec<String> = choices.into_iter().map(words).collect();
            self.say(at, format!("Must be one of {}.", names.join(", ")));
        }
        match value {
            Value::String(text) => self.text(node, text, at),
            Value::Number(number) => self.number(node, number.as_f64().unwrap_or_default(), at),
            Value::Array(items) => self.list(node, items, at, fuel),
            Value::Object(_) => self.object(node, value, at, fuel),
            Value::Null | Value::Bool(_) => {}
        }
        if fuel > 0 {
            self.branches(node, value, at, fuel - 1);
        }
    }

    fn text(&mut self, node: Node<'_>, text: &str, at: &Pointer) {
        let length = text.chars().count();
        self.count(node, length, ["minLength", "maxLength"], "characters", at);
        let pattern = node.keyword("pattern").and_then(Value::as_str).unwrap_or_default();
        if !pattern.is_empty() && (self.matches)(pattern, text) == Some(false) {
            self.say(at, format!("Must match {pattern}."));
        }
        if let Some(expected) = wrong_format(node.format(), text) {
            self.say(at, format!("Must be {expected}."));
        }
    }

    /// Sizes: of texts, lists and maps.
    fn count(&mut self, node: Node<'_>, count: usize, keys: [&str; 2], unit: &str, at: &Pointer) {
        let limit = |key| node.keyword(key).and_then(Value::as_f64);
        let count = count as f64;
        if let Some(least) = limit(keys[0]).filter(|least| count < *least) {
            self.say(at, format!("Needs at least {} {unit}.", plain::number(least)));
        }
        if let Some(most) = limit(keys[1]).filter(|most| count > *most) {
            self.say(at, format!("May have at most {} {unit}.", plain::number(most)));
        }
    }

    fn number(&mut self, node: Node<'_>, number: f64, at: &Pointer) {
        let (least, most) = node.range();
        let exclusive = |key| node.flag(key);
        if let Some(least) = least {
            if exclusive("exclusiveMinimum") && number <= least {
                self.say(at, format!("Must be more than {}.", plain::number(least)));
            } else if number < least {
                self.say(at, format!("Must be at least {}.", plain::number(least)));
            }
        }
        if let Some(most) = most {
            if exclusive("exclusiveMaximum") && number >= most {
                self.say(at, format!("Must be less than {}.", plain::number(most)));
            } else if number > most {
                self.say(at, format!("Must be at most {}.", plain::number(most)));
            }
        }
        let step = node.keyword("multipleOf").and_then(Value::as_f64).filter(|step| *step > 0.0);
        if let Some(step) = step {
            let times = number / step;
            if (times - times.round()).abs() > 1e-9 {
                self.say(at, format!("Must be a multiple of {}.", plain::number(step)));
            }
        }
        if node.format() == "int32" && !(f64::from(i32::MIN)..=f64::from(i32::MAX)).contains(&number) {
            self.say(at, "Must fit into 32 bits.");
        }
    }

    fn list(&mut self, node: Node<'_>, items: &[Value], at: &Pointer, fuel: usize) {
        self.count(node, items.len(), ["minItems", "maxItems"], "items", at);
        if let Some(schema) = node.items() {
            for (index, item) in items.iter().enumerate() {
                self.value(schema, item, &at.child(index.to_string()), fuel);
            }
        }
        let Kind::List(kind) = node.kind() else { return };
        let keys = node.list_keys();
        for (index, item) in items.iter().enumerate() {
            let twin = |other: &Value| match kind {
                ListType::Atomic => false,
                ListType::Set => other == item,
                ListType::Map => keys.iter().all(|key| key_of(node, other, key) == key_of(node, item, key)),
            };
            if items[..index].iter().any(twin) {
                self.say(&at.child(index.to_string()), "Is in the list already.");
            }
        }
    }

    fn object(&mut self, node: Node<'_>, value: &Value, at: &Pointer, fuel: usize) {
        let Some(fields) = value.as_object() else { return };
        self.count(node, fields.len(), ["minProperties", "maxProperties"], "entries", at);
        for name in node.list("required").iter().filter_map(Value::as_str) {
            let filled = node.property(name).is_some_and(|field| field.default().is_some());
            if !fields.contains_key(name) && !filled {
                self.say(&at.child(name), "Is required.");
            }
        }
        if node.is_embedded() {
            for name in ["apiVersion", "kind"] {
                if fields.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
                    self.say(&at.child(name), "Is required.");
                }
            }
        }
        for (name, value) in fields {
            let Some(field) = node.property(name).or_else(|| node.values()) else { continue };
            // The API server takes a null that may not be one out again before it judges.
            let needed = node.requires(name) && field.default().is_none();
            let dropped = value.is_null() && !field.is_nullable() && !needed;
            if !dropped {
                self.value(field, value, &at.child(name), fuel);
            }
        }
    }

    fn branches(&mut self, node: Node<'_>, value: &Value, at: &Pointer, fuel: usize) {
        let value = &*without_dropped(node, value);
        for branch in node.branches("allOf") {
            self.value(branch, value, at, fuel);
        }
        let apart = self.apart();
        let fits = |branch: Node<'_>| {
            let mut inner = apart.apart();
            inner.value(branch, value, at, fuel);
            inner.issues.is_empty()
        };
        let any: Vec<bool> = node.branches("anyOf").map(fits).collect();
        let one = node.branches("oneOf").map(fits).filter(|it| *it).count();
        let several = node.branches("oneOf").next().is_some();
        let words = || node.alternatives().into_iter().next();
        if !any.is_empty() && !any.contains(&true) {
            let words = words().unwrap_or_else(|| "fit one of the forms that the schema offers".to_owned());
            self.say(at, format!("Must have {words}."));
        }
        if several && one != 1 {
            let words =
                words().unwrap_or_else(|| "fit exactly one of the forms that the schema offers".to_owned());
            self.say(at, format!("Must have {words}."));
        }
        if let Some(schema) = node.keyword("not").filter(|it| it.is_object()) {
            let mut inner = self.apart();
            inner.value(node.to(schema), value, at, fuel);
            if inner.issues.is_empty() {
                self.say(at, "Must not be so: the schema excludes it.");
            }
        }
    }
}

/// An object without the `null`s that may not be there: to its branches those fields are missing.
fn without_dropped<'a>(node: Node<'_>, value: &'a Value) -> Cow<'a, Value> {
    let dropped = |name: &str, value: &Value| {
        value.is_null() && node.property(name).is_some_and(|field| !field.is_nullable())
    };
    match value.as_object() {
        Some(fields) if fields.iter().any(|(name, value)| dropped(name, value)) => {
            let mut left = fields.clone();
            left.retain(|name, value| !dropped(name, value));
            Cow::Owned(Value::Object(left))
        }
        _ => Cow::Borrowed(value),
    }
}

/// The value of a list's key in an item; the default stands where it is left out.
fn key_of<'a>(list: Node<'a>, item: &'a Value, key: &str) -> Option<&'a Value> {
    item.get(key).or_else(|| list.items()?.property(key)?.default())
}

/// What the schema wants where a value of another type stands.
fn wrong_type(node: Node<'_>, value: &Value) -> Option<&'static str> {
    let whole = || value.as_f64().is_some_and(|number| number.fract() == 0.0);
    if node.is_int_or_string() {
        return (!(value.is_string() || whole())).then_some("a whole number or a text");
    }
    let (fits, words) = match node.type_name() {
        "string" => (value.is_string(), "a text"),
        "integer" => (whole(), "a whole number"),
        "number" => (value.is_number(), "a number"),
        "boolean" => (value.is_boolean(), "true or false"),
        "array" => (value.is_array(), "a list"),
        "object" => (value.is_object(), "an object"),
        _ => (true, ""),
    };
    (!fits).then_some(words)
}

/// What the format wants where a text is plainly not of it. Formats that Kubernetes does not judge are not judged.
fn wrong_format(format: &str, text: &str) -> Option<&'static str> {
    let digits = |pattern: &str| {
        text.len() >= pattern.len()
            && pattern.bytes().zip(text.bytes()).all(|(want, is)| match want {
                b'0' => is.is_ascii_digit(),
                other => is.eq_ignore_ascii_case(&other),
            })
    };
    let network = || {
        let (address, bits) = text.split_once('/')?;
        let most = if address.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
        bits.parse::<u8>().ok().filter(|bits| *bits <= most)
    };
    let (fits, words) = match format {
        "date-time" | "datetime" => (digits("0000-00-00t00:00:00"), "a time such as 2026-03-01T12:00:00Z"),
        "date" => (digits("0000-00-00") && text.len() == 10, "a date such as 2026-03-01"),
        "duration" => {
            let number = text.bytes().any(|b| b.is_ascii_digit());
            let unit = text.chars().any(char::is_alphabetic);
            (number && (unit || text.trim_matches(['+', '-', '0']).is_empty()), "a duration such as 1h30m")
        }
        "email" => {
            let (name, host) = text.rsplit_once('@').unwrap_or_default();
            // A display name before the address in angle brackets is taken too.
            let spaced = text.contains(' ') && !text.contains('<');
            (!name.is_empty() && !host.is_empty() && !spaced, "an email address")
        }
        "uri" => {
            let scheme = text.split(':').next().unwrap_or_default();
            let schemed = scheme.len() < text.len()
                && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+.-".contains(c));
            let plain = !text.chars().any(|c| c.is_control());
            (
                plain && (schemed || text.starts_with('/')),
                "an address with its scheme, such as https://example.com",
            )
        }
        "ipv4" => (text.parse::<Ipv4Addr>().is_ok(), "an IPv4 address"),
        "ipv6" => (text.parse::<Ipv6Addr>().is_ok(), "an IPv6 address"),
        "cidr" => (network().is_some(), "a network such as 10.0.0.0/8"),
        "uuid" => {
            let bare = text.trim_start_matches("urn:uuid:").trim_matches(['{', '}']).replace('-', "");
            (bare.len() == 32 && bare.bytes().all(|b| b.is_ascii_hexdigit()), "a UUID")
        }
        "mac" => {
            let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
            let plain = text.bytes().all(|b| b.is_ascii_hexdigit() || b":-.".contains(&b));
            (plain && [12, 16, 40].contains(&digits), "a MAC address")
        }
        "byte" => {
            let coded = text.trim_end_matches('=');
            let fits = coded.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/\r\n".contains(&b));
            (fits, "base64")
        }
        _ => (true, ""),
    };
    (!fits).then_some(words)
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
