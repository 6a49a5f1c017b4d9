//! Terminal output as plain text with styles: colours are kept, every other escape sequence is dropped, and characters
//! that would not show, or would rearrange what stands around them, are made to show.

use std::borrow::Cow;
use std::ops::Range;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// One of the 16 colours of a terminal.
    pub colour: Option<u8>,
    /// As `colour`, behind the text.
    pub behind: Option<u8>,
    pub bold: bool,
    pub dim: bool,
    pub italic: bool,
    pub underlined: bool,
}

/// A line without escape sequences, and how its pieces look.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Styled {
    pub text: String,
    /// Byte ranges of `text` that do not look plain, in order, none empty.
    pub styles: Vec<(Range<usize>, Style)>,
}

/// The text that `line` shows, without its styles.
pub fn plain(line: &str) -> Cow<'_, str> {
    if line.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return Cow::Borrowed(line);
    }
    Cow::Owned(styled(line).text)
}

/// Reads the escape sequences of `line`.
pub fn styled(line: &str) -> Styled {
    let mut out = Styled::default();
    let mut style = Style::default();
    let mut since = 0;
    let mut rest = line.strip_suffix('\r').unwrap_or(line);
    while let Some(c) = rest.chars().next() {
        if let Some((sequence, after)) = escape(rest) {
            if let Some(codes) = sequence {
                let before = style;
                select(codes, &mut style);
                if style != before {
                    close(&mut out, &mut since, before);
                }
            }
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        show(c, &mut out.text);
    }
    close(&mut out, &mut since, style);
    out
}

fn close(out: &mut Styled, since: &mut usize, style: Style) {
    if style != Style::default() && *since < out.text.len() {
        out.styles.push((*since..out.text.len(), style));
    }
    *since = out.text.len();
}

/// The escape sequence at the beginning of `text`, as the codes of a "select graphic rendition", if it is one, and what
/// follows it. A sequence without its end is none: its characters are text.
fn escape(text: &str) -> Option<(Option<&str>, &str)> {
    let rest = text.strip_prefix('\u{1b}')?;
    if let Some(body) = rest.strip_prefix('[') {
        let end = body.find(|c: char| !('\u{20}'..='\u{3f}').contains(&c))?;
        let last = body[end..].chars().next().filter(|c| ('\u{40}'..='\u{7e}').contains(c))?;
        return Some(((last == 'm').then_some(&body[..end]), &body[end + 1..]));
    }
    if let Some(body) = rest.strip_prefix(']') {
        // A title or a link: as far as BEL or ESC \.
        let end = body.find(['\u{7}', '\u{1b}'])?;
        let after = body[end..].strip_prefix('\u{7}').or_else(|| body[end..].strip_prefix("\u{1b}\\"))?;
        return Some((None, after));
    }
    let next = rest.chars().next().filter(|c| ('\u{30}'..='\u{7e}').contains(c))?;
    Some((None, &rest[next.len_utf8()..]))
}

/// ECMA-48's "select graphic rendition", as far as terminals agree on it.
fn select(codes: &str, style: &mut Style) {
    let mut codes = codes
        .split([';', ':'])
        .map(|code| if code.is_empty() { 0 } else { code.parse().unwrap_or(u16::MAX) });
    while let Some(code) = codes.next() {
        match code {
            0 => *style = Style::default(),
            1 => style.bold = true,
            2 => style.dim = true,
            3 => style.italic = true,
            4 => style.underlined = true,
            22 => (style.bold, style.dim) = (false, false),
            23 => style.italic = false,
            24 => style.underlined = false,
            30..=37 => style.colour = Some(low(code - 30)),
            38 => style.colour = extended(&mut codes).or(style.colour),
            39 => style.colour = None,
            40..=47 => style.behind = Some(low(code - 40)),
            48 => style.behind = extended(&mut codes).or(style.behind),
            49 => style.behind = None,
            90..=97 => style.colour = Some(low(code - 90) + 8),
            100..=107 => style.behind = Some(low(code - 100) + 8),
            _ => {}
        }
    }
}

fn low(code: u16) -> u8 {
    (code & 7) as u8
}

/// One of 256 colours (`5;n`) or of all (`2;r;g;b`), as the nearest of the 16.
fn extended(codes: &mut dyn Iterator<Item = u16>) -> Option<u8> {
    let near = |red: u16, green: u16, blue: u16| {
        let bit = |part: u16, bit: u16| if part >= 96 { bit } else { 0 };
        let bright = if red.max(green).max(blue) >= 208 { 8 } else { 0 };
        low(bit(red, 1) | bit(green, 2) | bit(blue, 4)) + bright
    };
    match codes.next()? {
        2 => Some(near(codes.next()?, codes.next()?, codes.next()?)),
        5 => Some(match codes.next()? {
            code @ 0..=15 => low(code) + if code > 7 { 8 } else { 0 },
            code @ 16..=231 => {
                let code = code - 16;
                near(code / 36 * 51, code / 6 % 6 * 51, code % 6 * 51)
            }
            // From black to white.
            code @ 232..=255 => [8, 7, 15][usize::from(code - 232) / 8],
            _ => return None,
        }),
        _ => None,
    }
}

/// Writes one character so that it shows where it stands.
fn show(c: char, text: &mut String) {
    match c {
        // Of a fixed width, so that rows can be counted in characters.
        '\t' => text.push_str("    "),
        '\0'..='\u{1f}' => text.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{fffd}')),
        '\u{7f}' => text.push('\u{2421}'),
        // C1 controls, and marks that change the direction of the text around them.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}' => text.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
        other => text.push(other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn colours_become_styles_and_other_sequences_go() {
        let check = |line: &str, text: &str, styles: &[(Range<usize>, Style)]| {
            assert_eq!(styled(line), Styled { text: text.into(), styles: styles.to_vec() }, "{line:?}");
        };
        let plain = Style::default();
        let red = Style { colour: Some(1), ..plain };
        check("just text", "just text", &[]);
        check("\u{1b}[31mred\u{1b}[0m not", "red not", &[(0..3, red)]);
        check(
            "a\u{1b}[1;31mb\u{1b}[22mc\u{1b}[md",
            "abcd",
            &[(1..2, Style { bold: true, ..red }), (2..3, red)],
        );
        check("\u{1b}[38;5;196mx", "x", &[(0..1, Style { colour: Some(9), ..plain })]);
        check("\u{1b}[38;2;0;120;0mx", "x", &[(0..1, Style { colour: Some(2), ..plain })]);
        check("\u{1b}[97;44mx", "x", &[(0..1, Style { colour: Some(15), behind: Some(4), ..plain })]);
        check("\u{1b}[2K\u{1b}]0;title\u{7}x\u{1b}]8;;http://y\u{1b}\\z\u{1b}c", "xz", &[]);
        check("end\r", "end", &[]);
        check("a\rb\0", "a␍b␀", &[]);
        check("\u{1b}[31", "␛[31", &[]);
        check("\u{1b}]0;never ends", "␛]0;never ends", &[]);
        check("x\u{202e}gpj.exe", "x\\u{202e}gpj.exe", &[]);
        check("é\t🍎", "é    🍎", &[]);
    }

    proptest! {
        #[test]
        fn nothing_that_hides_or_turns_text_is_left(line in "[\u{1b}\\[\\]0-9;mKA-C\u{7}\r\u{202e}\u{9b}é]{0,60}") {
            let Styled { text, styles } = styled(&line);
            prop_assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", text);
            let mut end = 0;
            for (range, _) in styles {
                prop_assert!(range.start >= end && range.start < range.end);
                prop_assert!(text.get(range.clone()).is_some());
                end = range.end;
            }
            prop_assert_eq!(plain(&line), text);
        }
    }
}
