//! JSON pointers ([RFC 6901]) as a type: into the custom resource, into patches and into kubectl's JSONPath.
//!
//! [RFC 6901]: https://www.rfc-editor.org/rfc/rfc6901

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

/// A parsed JSON pointer. Ordered and compared by its tokens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pointer {
    tokens: Vec<String>,
}

/// Why a text is no JSON pointer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    /// RFC 6901, section 3: a pointer is empty or begins with `/`.
    #[error("a JSON pointer begins with `/`, this one is `{0}`")]
    NoSlash(String),
    /// RFC 6901, section 3: `~` is written `~0` and `/` is written `~1`.
    #[error("`~` stands only before `0` or `1` in a JSON pointer, not so in `{0}`")]
    BadEscape(String),
}

impl Pointer {
    /// The pointer to the whole document.
    pub fn root() -> Self {
        Self::default()
    }

    /// Parses `/spec/version` with its escapes.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        if text.is_empty() {
            return Ok(Self::root());
        }
        let rest = text.strip_prefix('/').ok_or_else(|| PointerError::NoSlash(text.to_owned()))?;
        let tokens = rest
            .split('/')
            .map(|token| unescape(token).ok_or_else(|| PointerError::BadEscape(text.to_owned())))
            .collect::<Result<_, _>>()?;
        Ok(Self { tokens })
    }

    /// A pointer of these unescaped tokens.
    pub fn of<T: Into<String>>(tokens: impl IntoIterator<Item = T>) -> Self {
        Self { tokens: tokens.into_iter().map(Into::into).collect() }
    }

    /// The pointer to the annotation of this name.
    pub fn annotation(name: &str) -> Self {
        Self::of(["metadata", "annotations", name])
    }

    /// The annotation's name, where this points at one.
    pub fn annotation_name(&self) -> Option<&str> {
        match self.tokens.as_slice() {
            [metadata, annotations, name] if metadata == "metadata" && annotations == "annotations" => {
                Some(name)
            }
            _ => None,
        }
    }

    /// This pointer and one unescaped token more.
    #[must_use]
    pub fn child(&self, token: impl Into<String>) -> Self {
        let mut tokens = self.tokens.clone();
        tokens.push(token.into());
        Self { tokens }
    }

    /// The pointer to what this points into; `None` for the whole document.
    pub fn parent(&self) -> Option<Self> {
        let (_, parents) = self.tokens.split_last()?;
        Some(Self { tokens: parents.to_vec() })
    }

    /// The unescaped tokens.
    pub fn tokens(&self) -> &[String] {
        &self.tokens
    }

    /// Whether `ancestor` is this pointer or points at something that contains it.
    pub fn is_within(&self, ancestor: &Pointer) -> bool {
        self.tokens.starts_with(&ancestor.tokens)
    }

    /// What this points at in `document`; `None` where it ends before that.
    pub fn get<'a>(&self, document: &'a Value) -> Option<&'a Value> {
        self.tokens.iter().try_fold(document, |at, token| match at {
            Value::Object(map) => map.get(token),
            Value::Array(items) => items.get(index(token)?),
            _ => None,
        })
    }

    /// `value` wrapped in one object per token: the JSON merge patch ([RFC 7386]) that sets this field and touches no
    /// other. A merge patch has no array indices, so each token becomes a key.
    ///
    /// [RFC 7386]: https://www.rfc-editor.org/rfc/rfc7386
    pub fn merge_patch(&self, value: Value) -> Value {
        self.tokens.iter().rev().fold(value, |inner, token| {
            let mut fields = Map::new();
            fields.insert(token.clone(), inner);
            Value::Object(fields)
        })
    }

    /// As kubectl's `-o jsonpath` wants it: `{.spec.version}`; dots in names are escaped, numbers are indices.
    pub fn to_jsonpath(&self) -> String {
        let mut path = String::from("{");
        if self.tokens.is_empty() {
            path.push('@');
        }
        for token in &self.tokens {
            if index(token).is_some() {
                path.push_str(&format!("[{token}]"));
            } else {
                path.push('.');
                path.push_str(&token.replace('.', "\\."));
            }
        }
        path.push('}');
        path
    }

    /// As a reader names the field: `spec.version`, `status.conditions[2].type`, `metadata.annotations[a.b/c]`.
    pub fn dotted(&self) -> String {
        let mut path = String::new();
        for token in &self.tokens {
            let plain = token.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$'));
            if index(token).is_some() || !plain || token.is_empty() {
                path.push_str(&format!("[{token}]"));
            } else {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(token);
            }
        }
        path
    }
}

/// Applies a JSON merge patch ([RFC 7386], section 2) to `target`, as the API server does.
///
/// [RFC 7386]: https://www.rfc-editor.org/rfc/rfc7386
pub fn apply_merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (key, change) in changes {
            if change.is_null() {
                fields.remove(key);
            } else {
                apply_merge_patch(fields.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

/// RFC 6901, section 4: an array index has no leading zero.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if canonical { token.parse().ok() } else { None }
}

fn unescape(token: &str) -> Option<String> {
    let mut text = String::with_capacity(token.len());
    let mut chars = token.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '~' => match chars.next() {
                Some('0') => '~',
                Some('1') => '/',
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tokens.iter().try_for_each(|token| write!(f, "/{}", token.replace('~', "~0").replace('/', "~1")))
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_the_examples_of_the_standard() {
        let document = json!({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "k\"l": 6});
        let check = |text: &str, expect: Value| {
            assert_eq!(Pointer::parse(text).unwrap().get(&document), Some(&expect))
        };
        check("", document.clone());
        check("/foo/0", json!("bar"));
        check("/", json!(0));
        check("/a~1b", json!(1));
        check("/m~0n", json!(8));
        check("/k\"l", json!(6));
        assert_eq!(Pointer::parse("/foo/01").unwrap().get(&document), None);
        assert_eq!(Pointer::parse("/foo/9").unwrap().get(&document), None);
    }

    #[test]
    fn refuses_what_is_no_pointer() {
        assert_eq!(Pointer::parse("spec"), Err(PointerError::NoSlash("spec".into())));
        assert_eq!(Pointer::parse("/a~2"), Err(PointerError::BadEscape("/a~2".into())));
        assert_eq!(Pointer::parse("/a~"), Err(PointerError::BadEscape("/a~".into())));
    }

    #[test]
    fn prints_for_kubectl_and_for_readers() {
        let check = |text: &str, jsonpath: &str, dotted: &str| {
            let pointer = Pointer::parse(text).unwrap();
            assert_eq!((pointer.to_jsonpath().as_str(), pointer.dotted().as_str()), (jsonpath, dotted));
        };
        check("/spec/version", "{.spec.version}", "spec.version");
        check("/status/conditions/2/type", "{.status.conditions[2].type}", "status.conditions[2].type");
        check(
            "/metadata/annotations/a.b~1c",
            "{.metadata.annotations.a\\.b/c}",
            "metadata.annotations[a.b/c]",
        );
    }

    #[test]
    fn knows_annotations() {
        assert_eq!(Pointer::annotation("a.b/c").annotation_name(), Some("a.b/c"));
        assert_eq!(Pointer::of(["spec", "version"]).annotation_name(), None);
    }

    /// Any JSON of modest depth, with keys that need escapes among them.
    pub(crate) fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[a-z~/ ]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c~/.]{0,2}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn printing_and_parsing_is_the_identity(tokens in prop::collection::vec("[a-z~/0-9 .\u{e9}]{0,5}", 0..5)) {
            let pointer = Pointer::of(tokens);
            prop_assert_eq!(Pointer::parse(&pointer.to_string()), Ok(pointer));
        }

        #[test]
        fn a_merge_patch_sets_its_field_and_touches_no_other(
            mut document in any_json(),
            tokens in prop::collection::vec("[a-c]{1,2}", 1..4),
            value in "[a-z]{1,4}",
        ) {
            let pointer = Pointer::of(tokens);
            let before = document.clone();
            apply_merge_patch(&mut document, &pointer.merge_patch(Value::from(value.clone())));
            prop_assert_eq!(pointer.get(&document), Some(&Value::from(value)));
            prop_assert!(same_outside(&before, &document, pointer.tokens()));
        }
    }

    /// Whether two documents agree everywhere but on the path of `tokens`.
    fn same_outside(before: &Value, after: &Value, tokens: &[String]) -> bool {
        let Some((first, rest)) = tokens.split_first() else { return true };
        let Value::Object(after) = after else { return false };
        // A merge patch turns what is no object into one: nothing of it is left to compare.
        let empty = Map::new();
        let before = before.as_object().unwrap_or(&empty);
        before.iter().filter(|(key, _)| *key != first).all(|(key, value)| after.get(key) == Some(value))
            && after.keys().all(|key| key == first || before.contains_key(key))
            && same_outside(before.get(first).unwrap_or(&Value::Null), &after[first], rest)
    }
}
