//! Bearer tokens: what a pasted one must look like, and what it says of its own end.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::ago;
use crate::phase::Tone;
use crate::time::Timestamp;

/// Seconds before its end from which a token's time left is a warning.
const SOON: i64 = 5 * 60;

/// Why a pasted text is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("Paste a token first.")]
    Empty,
    /// RFC 6750, section 2.1: letters, digits and `-._~+/=`.
    #[error("This is no bearer token: it holds a character that none has.")]
    Malformed,
}

/// The token in a pasted text: blanks around it, line breaks that a terminal put into it, quotes and the word `Bearer`
/// are not its own.
///
/// # Errors
/// [`TokenError`]. It quotes nothing of the text.
pub fn pasted(text: &str) -> Result<String, TokenError> {
    let text = text.trim().trim_matches(['"', '\'']);
    let bare = text.get(..7).filter(|it| it.eq_ignore_ascii_case("bearer ")).map_or(text, |_| &text[7..]);
    let token: String = bare.split(['\n', '\r']).map(str::trim).collect();
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    if token.is_empty() {
        Err(TokenError::Empty)
    } else if token.bytes().all(allowed) {
        Ok(token)
    } else {
        Err(TokenError::Malformed)
    }
}

/// When the token ends, if it is one that says so: a JSON Web Token with `exp` (RFC 7519, section 4.1.4). Nothing is
/// verified; that is the API server's part.
pub fn expires(token: &str) -> Option<Timestamp> {
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_str(std::str::from_utf8(&payload).ok()?).ok()?;
    let exp = claims.get("exp")?;
    // A NumericDate may have a fraction.
    let seconds = exp.as_i64().or_else(|| exp.as_f64().map(|it| it as i64))?;
    Timestamp::from_second(seconds)
}

/// How long a token that ends at `end` is good for, in words.
pub fn left(end: Timestamp, now: Timestamp) -> (Tone, String) {
    let left = end.duration_since(now);
    if left.as_secs() <= 0 {
        return (Tone::Bad, "expired".to_owned());
    }
    let tone = if left.as_secs() <= SOON { Tone::Warn } else { Tone::Ok };
    // Minutes do for most of its life.
    let words = if left.as_secs() < 60 { ago::duration(left) } else { ago::coarse(left) };
    (tone, format!("{words} left"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn what_people_paste() {
        let check = |text: &str, expect: Result<&str, TokenError>| {
            assert_eq!(pasted(text), expect.map(str::to_owned), "{text:?}");
        };
        check(" abc.def-_~+/= \n", Ok("abc.def-_~+/="));
        check("Bearer abc", Ok("abc"));
        check("bearer abc", Ok("abc"));
        check("\"abc\"", Ok("abc"));
        check("abc\n  def\r\n", Ok("abcdef"));
        check("", Err(TokenError::Empty));
        check("  \n", Err(TokenError::Empty));
        check("two words", Err(TokenError::Malformed));
        check("Authorization: Bearer x", Err(TokenError::Malformed));
        check("tök", Err(TokenError::Malformed));
        check("Bearerö", Err(TokenError::Malformed));
    }

    #[test]
    fn a_web_token_says_when_it_ends_and_others_do_not() {
        let check = |token: &str, expect: Option<i64>| {
            assert_eq!(expires(token), expect.and_then(Timestamp::from_second), "{token}");
        };
        check(&jwt(r#"{"exp": 1795000000, "sub": "x"}"#), Some(1_795_000_000));
        check(&jwt(r#"{"exp": 1795000000.5}"#), Some(1_795_000_000));
        check(&jwt(r#"{"sub": "x"}"#), None);
        check(&jwt(r#"{"exp": "soon"}"#), None);
        check(&jwt("no json"), None);
        check("sha256~opaque", None);
        check("a.%.c", None);
    }

    #[test]
    fn the_time_left_is_a_warning_before_it_is_over() {
        let check = |left_secs: i64, expect: (Tone, &str)| {
            let now = Timestamp::from_second(1_795_000_000).unwrap();
            let end = Timestamp::from_second(1_795_000_000 + left_secs).unwrap();
            let (tone, words) = left(end, now);
            assert_eq!((tone, &*words), expect);
        };
        check(7200, (Tone::Ok, "2 h left"));
        check(301, (Tone::Ok, "5 min left"));
        check(300, (Tone::Warn, "5 min left"));
        check(41, (Tone::Warn, "41 s left"));
        check(0, (Tone::Bad, "expired"));
        check(-90, (Tone::Bad, "expired"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}") {
            let _ = expires(&text);
            if let Ok(token) = pasted(&text) {
                prop_assert!(token.is_ascii() && !token.contains(char::is_whitespace));
            }
        }
    }
}
