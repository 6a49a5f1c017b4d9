//! A request of the API, before the base's prefix and the credential are added.

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates.
    Post,
    /// Replaces.
    Put,
    /// Changes.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method's name in HTTP.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What it does.
    pub method: Method,
    /// A path of the API, such as `/api/v1/pods?limit=5`, its parameters encoded; see [`with_query`].
    pub path: String,
    /// The `Accept` header.
    pub accept: &'static str,
    /// The body and its `Content-Type`, if there is one.
    pub body: Option<(&'static str, Vec<u8>)>,
}

pub(crate) const JSON: &str = "application/json";

impl Request {
    /// A `GET` of JSON.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::Get, path: path.into(), accept: JSON, body: None }
    }

    /// A request with a body, answered by JSON.
    pub fn with_body(
        method: Method,
        path: impl Into<String>,
        content_type: &'static str,
        body: Vec<u8>,
    ) -> Self {
        Self { method, path: path.into(), accept: JSON, body: Some((content_type, body)) }
    }

    /// The same request for another representation.
    #[must_use]
    pub fn accepting(mut self, accept: &'static str) -> Self {
        self.accept = accept;
        self
    }
}

/// A path with query parameters, encoded as forms are (`application/x-www-form-urlencoded`), which Go reads.
pub fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut all = path.to_owned();
    let mut joiner = if path.contains('?') { '&' } else { '?' };
    for (key, value) in pairs {
        all.push(joiner);
        encode(key, &mut all);
        all.push('=');
        encode(value, &mut all);
        joiner = '&';
    }
    all
}

fn encode(text: &str, to: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => to.push(char::from(byte)),
            b' ' => to.push('+'),
            _ => to.extend([
                '%',
                char::from(DIGITS[usize::from(byte >> 4)]),
                char::from(DIGITS[usize::from(byte & 15)]),
            ]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_encoded_and_joined() {
        let check =
            |path: &str, pairs: &[(&str, &str)], expect: &str| assert_eq!(with_query(path, pairs), expect);
        check("/p", &[], "/p");
        check("/p", &[("a", "x in (1,2)"), ("b", "")], "/p?a=x+in+%281%2C2%29&b=");
        check("/p?x=1", &[("a", "ä&=+~")], "/p?x=1&a=%C3%A4%26%3D%2B%7E");
    }
}
