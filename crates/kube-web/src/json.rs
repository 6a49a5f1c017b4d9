//! JSON read by hand: whole values through [`Value`], and long texts cut into pieces that are read one by one.
//!
//! Derived decoders of this crate's types would be a tenth of a page's bundle.

use crate::error::Error;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;

/// Reads JSON by way of `str`, as [`Value`] itself does: reading bytes would compile all decoding twice.
pub(crate) fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> serde_json::Result<T> {
    let text = std::str::from_utf8(body).map_err(serde_json::Error::custom)?;
    serde_json::from_str(text)
}

/// Reads a whole body. `what` it is said to be in the error.
pub(crate) fn value(what: &'static str, body: &[u8]) -> Result<Value, Error> {
    read(body).map_err(|error| Error::decode(what, &error))
}

/// A body as text, for [`Pieces`].
pub(crate) fn text<'a>(what: &'static str, body: &'a [u8]) -> Result<&'a str, Error> {
    std::str::from_utf8(body).map_err(|error| Error::Decode { what, message: error.to_string() })
}

/// The text under a key; empty if there is none.
pub(crate) fn string(of: &Value, key: &str) -> String {
    of[key].as_str().unwrap_or_default().to_owned()
}

/// The list under a key; empty if there is none.
pub(crate) fn items<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of[key].as_array().map_or(&[], Vec::as_slice)
}

/// The texts of the list under a key.
pub(crate) fn strings(of: &Value, key: &str) -> Vec<String> {
    items(of, key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The members of an object, or the elements of an array, in their order and unread.
///
/// So a list of thousands of objects is read object by object, a malformed one is told from the others, and the
/// identity of an object is found without reading the rest of it.
pub(crate) struct Pieces<'a> {
    text: &'a str,
    at: usize,
    open: u8,
    /// Whether nothing was read yet.
    first: bool,
}

/// The text is something else, or it ends too early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl Broken {
    /// The error of a text that should have been a `what`.
    pub fn decoding(self, what: &'static str) -> Error {
        Error::Decode { what, message: "it is no whole JSON of this kind".to_owned() }
    }
}

impl<'a> Pieces<'a> {
    /// The members of an object.
    pub fn of_object(json: &'a str) -> Self {
        Self { text: json, at: 0, open: b'{', first: true }
    }

    /// The next member's name, as it is written and empty in an array, and its value. What stands inside the value is
    /// not checked.
    pub fn next(&mut self) -> Result<Option<(&'a str, &'a str)>, Broken> {
        let Some(name) = self.name()? else { return Ok(None) };
        Ok(Some((name, self.value()?)))
    }

    /// The next member's name; [`value`](Self::value) or [`elements`](Self::elements) has to follow.
    pub fn name(&mut self) -> Result<Option<&'a str>, Broken> {
        let first = std::mem::replace(&mut self.first, false);
        if first {
            self.expect(self.open)?;
        }
        // In ASCII, both closing brackets come two after their opening ones.
        if self.peek()? == self.open + 2 {
            self.at += 1;
            return Ok(None);
        }
        if !first {
            self.expect(b',')?;
        }
        if self.open == b'[' {
            return Ok(Some(""));
        }
        let name = self.value()?.strip_prefix('"').and_then(|name| name.strip_suffix('"')).ok_or(Broken)?;
        self.expect(b':')?;
        Ok(Some(name))
    }

    /// The elements of the array, or `null`, that is the member's value: without stepping over all of it first.
    pub fn elements(&mut self, mut each: impl FnMut(&'a str)) -> Result<(), Broken> {
        if self.peek()? == b'n' {
            return self.value().map(|_| ());
        }
        let mut array = Self { open: b'[', first: true, ..*self };
        while let Some((_, element)) = array.next()? {
            each(element);
        }
        self.at = array.at;
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, Broken> {
        while matches!(self.byte()?, b' ' | b'\n' | b'\r' | b'\t') {
            self.at += 1;
        }
        self.byte()
    }

    fn byte(&self) -> Result<u8, Broken> {
        self.text.as_bytes().get(self.at).copied().ok_or(Broken)
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Broken> {
        let found = self.peek()?;
        self.at += 1;
        if found == wanted { Ok(()) } else { Err(Broken) }
    }

    /// The text of the next value.
    pub fn value(&mut self) -> Result<&'a str, Broken> {
        let first = self.peek()?;
        let start = self.at;
        match first {
            b'"' => self.string()?,
            b'{' | b'[' => self.nested()?,
            // A number or a word ends where something else begins.
            _ => self.step_to(|it| matches!(it, b',' | b':' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t'))?,
        }
        self.text.get(start..self.at).filter(|value| !value.is_empty()).ok_or(Broken)
    }

    /// Steps from an opening bracket to behind the one that closes it.
    fn nested(&mut self) -> Result<(), Broken> {
        let mut depth = 0_usize;
        loop {
            self.step_to(|it| matches!(it, b'"' | b'{' | b'[' | b'}' | b']'))?;
            match self.byte()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                _ => depth -= 1,
            }
            self.at += 1;
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Steps from a string's first quote to behind its last.
    fn string(&mut self) -> Result<(), Broken> {
        self.at += 1;
        loop {
            self.step_to(|it| matches!(it, b'"' | b'\\'))?;
            self.at += 1;
            if self.text.as_bytes()[self.at - 1] == b'"' {
                return Ok(());
            }
            // What is escaped.
            self.at += 1;
        }
    }

    /// Steps to the next such byte. Nearly all of a list is stepped over so.
    fn step_to(&mut self, wanted: impl Fn(u8) -> bool) -> Result<(), Broken> {
        let rest = self.text.as_bytes().get(self.at..).ok_or(Broken)?;
        self.at += rest.iter().position(|it| wanted(*it)).ok_or(Broken)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, json};

    fn of_array(json: &str) -> Pieces<'_> {
        Pieces { open: b'[', ..Pieces::of_object(json) }
    }

    fn cut<'a>(mut pieces: Pieces<'a>) -> Result<Vec<(&'a str, &'a str)>, Broken> {
        let mut all = Vec::new();
        while let Some(piece) = pieces.next()? {
            all.push(piece);
        }
        Ok(all)
    }

    #[test]
    fn pieces_are_as_they_stand_in_the_text() {
        let members = cut(Pieces::of_object(
            " { \"a\" : [1, {\"]\":2}] ,\"b\":\"\\\"},\\\\\",\"c\":-1.5e3,\"ä\":null}",
        ))
        .unwrap();
        assert_eq!(
            members,
            [("a", "[1, {\"]\":2}]"), ("b", "\"\\\"},\\\\\""), ("c", "-1.5e3"), ("ä", "null")]
        );
        assert_eq!(cut(of_array("[ ]")), Ok(vec![]));
        assert_eq!(cut(of_array("[true ,{}]")), Ok(vec![("", "true"), ("", "{}")]));
    }

    #[test]
    fn what_is_not_whole_is_broken() {
        for object in [
            "",
            "[]",
            "null",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1,}",
            "{,}",
        ] {
            assert_eq!(cut(Pieces::of_object(object)), Err(Broken), "{object}");
        }
        for array in ["{}", "[", "[1", "[1,", "[1,]", "[1 2]", "[\"]", "[{]"] {
            assert_eq!(cut(of_array(array)), Err(Broken), "{array}");
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-zä\"\\\\{}\\[\\],: \n🍎]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z{}:,]{0,4}", inner, 0..4)
                    .prop_map(|members| Value::Object(Map::from_iter(members))),
            ]
        })
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_whole(inner in any_json(), pretty: bool) {
            let whole = json!({"a": inner, "b": [inner, 1]});
            let text = if pretty { serde_json::to_string_pretty(&whole).unwrap() } else { whole.to_string() };
            let members = cut(Pieces::of_object(&text)).unwrap();
            prop_assert_eq!(members.len(), 2);
            for (name, value) in members {
                prop_assert_eq!(&serde_json::from_str::<Value>(value).unwrap(), &whole[name]);
            }
            for end in 0..text.len() {
                if let Some(part) = text.get(..end) {
                    prop_assert_eq!(cut(Pieces::of_object(part)), Err(Broken));
                }
            }
        }
    }
}
