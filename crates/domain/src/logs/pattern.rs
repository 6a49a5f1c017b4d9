//! What to look for in lines: words, or a small regular expression.
//!
//! Expressions are matched by following all alternatives at once (Thompson's construction), so that none can take longer
//! than the text times the expression. Known: `.`, `[a-z]`, `[^…]`, `\d \w \s \D \W \S`, `\b`, `^`, `$`, `( )`, `|`, `*`,
//! `+`, `?`, `{n}`, `{n,}`, `{n,m}`. ASCII letters match in either case. A library for more would be a tenth of the bundle.

use std::ops::Range;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// These words, in lower case.
    Words(String),
    Expression(Vec<Step>),
}

/// Why a text is no expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    #[error("a ( or [ is not closed")]
    Open,
    #[error("a ) closes nothing")]
    Closed,
    #[error("there is nothing to repeat")]
    Nothing,
    #[error("{{ }} takes one or two numbers up to 100, the smaller first")]
    Count,
    #[error("a range in [ ] ends before it begins")]
    Range,
    #[error("it ends with a \\")]
    Escape,
    #[error("it is too long or nested too deeply")]
    TooLarge,
}

/// One step of an expression's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One character of these, or (`true`) of all others.
    One(Vec<(char, char)>, bool),
    Start,
    End,
    /// Where a word begins or ends.
    Border,
    Either(usize, usize),
    Go(usize),
    Found,
}

/// Steps of the largest machine: what matching may cost for each character.
const STEPS: usize = 2000;
/// Parentheses within parentheses.
const DEPTH: usize = 40;

impl Pattern {
    /// Looks for these very words, in either case.
    pub fn words(text: &str) -> Self {
        Self::Words(text.to_ascii_lowercase())
    }

    /// Looks for what an expression describes.
    ///
    /// # Errors
    /// [`PatternError`] where it is none.
    pub fn expression(text: &str) -> Result<Self, PatternError> {
        let mut parser = Parser { text: text.chars().collect(), at: 0 };
        let node = parser.either(0)?;
        if parser.at < parser.text.len() {
            return Err(PatternError::Closed);
        }
        let mut steps = Vec::new();
        compile(&node, &mut steps)?;
        steps.push(Step::Found);
        Ok(Self::Expression(steps))
    }

    /// Whether `text` holds what is looked for.
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Words(words) => find_words(text, words).is_some(),
            Self::Expression(steps) => run(steps, text, 0, true).is_some(),
        }
    }

    /// Where `text` holds what is looked for: the first place, and the longest there, then on from its end. Empty matches
    /// are left out.
    pub fn find_all(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut from = 0;
        while from < text.len() {
            let next = match self {
                Self::Words(words) if words.is_empty() => None,
                Self::Words(words) => {
                    find_words(&text[from..], words).map(|at| from + at..from + at + words.len())
                }
                Self::Expression(steps) => run(steps, text, from, false),
            };
            let Some(range) = next else { break };
            from = range.end.max(from + text[from..].chars().next().map_or(1, char::len_utf8));
            if range.is_empty() {
                from = range.end + text[range.end..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            found.push(range);
        }
        found
    }
}

/// Where `words` (in lower case) begin in `text`. Both ends are ends of characters, since bytes above ASCII are compared
/// as they are.
fn find_words(text: &str, words: &str) -> Option<usize> {
    let (text, words) = (text.as_bytes(), words.as_bytes());
    let Some((first, rest)) = words.split_first() else { return Some(0) };
    let last = text.len().checked_sub(words.len())?;
    (0..=last).find(|&at| {
        text[at].to_ascii_lowercase() == *first && text[at + 1..at + words.len()].eq_ignore_ascii_case(rest)
    })
}

enum Node {
    Step(Step),
    All(Vec<Node>),
    Any(Vec<Node>),
    Repeat(Box<Node>, usize, Option<usize>),
}

struct Parser {
    text: Vec<char>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, c: char) -> bool {
        let is = self.peek() == Some(c);
        self.at += usize::from(is);
        is
    }

    fn either(&mut self, depth: usize) -> Result<Node, PatternError> {
        if depth > DEPTH {
            return Err(PatternError::TooLarge);
        }
        let mut any = vec![self.sequence(depth)?];
        while self.eat('|') {
            any.push(self.sequence(depth)?);
        }
        Ok(Node::Any(any))
    }

    fn sequence(&mut self, depth: usize) -> Result<Node, PatternError> {
        let mut all = Vec::new();
        while let Some(c) = self.peek().filter(|c| !"|)".contains(*c)) {
            self.at += 1;
            let node = match c {
                '(' => {
                    if self.peek() == Some('?') && self.text.get(self.at + 1) == Some(&':') {
                        self.at += 2;
                    }
                    let inner = self.either(depth + 1)?;
                    if !self.eat(')') {
                        return Err(PatternError::Open);
                    }
                    inner
                }
                '[' => Node::Step(self.class()?),
                '.' => Node::Step(Step::One(Vec::new(), true)),
                '^' => Node::Step(Step::Start),
                '$' => Node::Step(Step::End),
                '*' | '+' | '?' => return Err(PatternError::Nothing),
                '\\' => Node::Step(match self.escaped()? {
                    'b' => Step::Border,
                    c => named(c).map_or_else(|| single(literal(c)), |(set, not)| Step::One(set, not)),
                }),
                other => Node::Step(single(other)),
            };
            all.push(self.repeated(node)?);
        }
        Ok(Node::All(all))
    }

    fn repeated(&mut self, mut node: Node) -> Result<Node, PatternError> {
        while let Some(c) = self.peek() {
            let (least, most) = match c {
                '*' => (0, None),
                '+' => (1, None),
                '?' => (0, Some(1)),
                '{' => {
                    // Only a count is one: `{"a"` is looked for as it is.
                    let Some(close) = self.text[self.at..].iter().position(|c| *c == '}') else { break };
                    let count: String = self.text[self.at + 1..self.at + close].iter().collect();
                    if count.is_empty() || !count.bytes().all(|byte| byte.is_ascii_digit() || byte == b',') {
                        break;
                    }
                    self.at += close;
                    counts(&count).ok_or(PatternError::Count)?
                }
                _ => break,
            };
            self.at += 1;
            node = Node::Repeat(Box::new(node), least, most);
        }
        Ok(node)
    }

    fn escaped(&mut self) -> Result<char, PatternError> {
        let c = self.peek().ok_or(PatternError::Escape)?;
        self.at += 1;
        Ok(c)
    }

    fn class(&mut self) -> Result<Step, PatternError> {
        let not = self.eat('^');
        let mut set = Vec::new();
        let first = self.at;
        loop {
            let c = self.peek().ok_or(PatternError::Open)?;
            self.at += 1;
            let from = match c {
                ']' if self.at > first + 1 => return Ok(Step::One(set, not)),
                '\\' => {
                    let c = self.escaped()?;
                    if let Some((of, false)) = named(c) {
                        set.extend(of);
                        continue;
                    }
                    literal(c)
                }
                other => other,
            };
            let ranged = self.peek() == Some('-') && self.text.get(self.at + 1).is_some_and(|c| *c != ']');
            let to = if ranged {
                self.at += 1;
                match self.escaped()? {
                    '\\' => literal(self.escaped()?),
                    to => to,
                }
            } else {
                from
            };
            if to < from {
                return Err(PatternError::Range);
            }
            set.push((from, to));
        }
    }
}

fn single(c: char) -> Step {
    Step::One(vec![(c, c)], false)
}

/// What `\t` and the like stand for; any other escaped character stands for itself.
fn literal(c: char) -> char {
    match c {
        't' => '\t',
        other => other,
    }
}

/// `\d`, `\w` and `\s`, and (`true`) their opposites.
fn named(c: char) -> Option<(Vec<(char, char)>, bool)> {
    let set = match c.to_ascii_lowercase() {
        'd' => vec![('0', '9')],
        'w' => vec![('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        's' => vec![('\t', '\r'), (' ', ' ')],
        _ => return None,
    };
    Some((set, c.is_ascii_uppercase()))
}

fn counts(text: &str) -> Option<(usize, Option<usize>)> {
    let number = |text: &str| text.parse().ok().filter(|it: &usize| *it <= 100);
    match text.split_once(',') {
        None => number(text).map(|it| (it, Some(it))),
        Some((least, "")) => Some((number(least)?, None)),
        Some((least, most)) => {
            let (least, most) = (number(least)?, number(most)?);
            (least <= most).then_some((least, Some(most)))
        }
    }
}

fn compile(node: &Node, steps: &mut Vec<Step>) -> Result<(), PatternError> {
    if steps.len() > STEPS {
        return Err(PatternError::TooLarge);
    }
    match node {
        Node::Step(step) => steps.push(step.clone()),
        Node::All(nodes) => {
            for node in nodes {
                compile(node, steps)?;
            }
        }
        Node::Any(nodes) => {
            let mut ends = Vec::new();
            for (index, node) in nodes.iter().enumerate() {
                let last = index + 1 == nodes.len();
                let fork = steps.len();
                if !last {
                    steps.push(Step::Either(fork + 1, 0));
                }
                compile(node, steps)?;
                if !last {
                    ends.push(steps.len());
                    steps.push(Step::Go(0));
                    steps[fork] = Step::Either(fork + 1, steps.len());
                }
            }
            let end = steps.len();
            ends.into_iter().for_each(|at| steps[at] = Step::Go(end));
        }
        Node::Repeat(node, least, most) => {
            for _ in 0..*least {
                compile(node, steps)?;
            }
            let optional = most.map_or(1, |most| most - least);
            let mut forks = Vec::new();
            for _ in 0..optional {
                forks.push(steps.len());
                steps.push(Step::Either(steps.len() + 1, 0));
                compile(node, steps)?;
                if most.is_none() {
                    steps.push(Step::Go(forks[0]));
                }
            }
            let end = steps.len();
            forks.into_iter().for_each(|at| steps[at] = Step::Either(at + 1, end));
        }
    }
    Ok(())
}

/// The threads of a machine at one place of the text: where each is, and where its match began. Of two at the same step
/// only the one that began first matters, and that one was added first.
struct Threads {
    list: Vec<(usize, usize)>,
    seen: Vec<bool>,
}

impl Threads {
    fn new(steps: usize) -> Self {
        Self { list: Vec::new(), seen: vec![false; steps] }
    }

    fn clear(&mut self) {
        for (step, _) in self.list.drain(..) {
            self.seen[step] = false;
        }
    }

    /// Adds a thread and all that it may go on to without taking a character.
    fn add(&mut self, steps: &[Step], step: usize, began: usize, place: &Place) {
        let mut todo = vec![step];
        while let Some(step) = todo.pop() {
            if self.seen[step] {
                continue;
            }
            self.seen[step] = true;
            self.list.push((step, began));
            match &steps[step] {
                Step::Go(to) => todo.push(*to),
                Step::Either(one, other) => todo.extend([*other, *one]),
                Step::Start if place.before.is_none() => todo.push(step + 1),
                Step::End if place.after.is_none() => todo.push(step + 1),
                Step::Border if is_word(place.before) != is_word(place.after) => todo.push(step + 1),
                _ => {}
            }
        }
    }
}

/// The characters around a place of the text.
struct Place {
    before: Option<char>,
    after: Option<char>,
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn takes(set: &[(char, char)], not: bool, c: char) -> bool {
    let within = |c: char| set.iter().any(|(from, to)| (*from..=*to).contains(&c));
    let other = if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    (within(c) || within(other)) != not
}

/// The first match from `from` on, the longest there is, or (`any`) whichever is found soonest.
fn run(steps: &[Step], text: &str, from: usize, any: bool) -> Option<Range<usize>> {
    let (mut now, mut next) = (Threads::new(steps.len()), Threads::new(steps.len()));
    let mut best: Option<Range<usize>> = None;
    let mut before = text[..from].chars().next_back();
    let mut rest = text[from..].chars();
    let mut at = from;
    loop {
        let after = rest.next();
        let place = Place { before, after };
        if best.is_none() {
            now.add(steps, 0, at, &place);
        }
        for &(step, began) in &now.list {
            if steps[step] == Step::Found && best.as_ref().is_none_or(|it| began <= it.start) {
                best = Some(began..at);
                if any {
                    return best;
                }
            }
        }
        let Some(c) = after else { return best };
        let end = at + c.len_utf8();
        let beyond = Place { before: Some(c), after: rest.clone().next() };
        next.clear();
        for &(step, began) in &now.list {
            if let Step::One(set, not) = &steps[step]
                && takes(set, *not, c)
                && best.as_ref().is_none_or(|it| began <= it.start)
            {
                next.add(steps, step + 1, began, &beyond);
            }
        }
        std::mem::swap(&mut now, &mut next);
        if best.is_some() && now.list.is_empty() {
            return best;
        }
        (before, at) = (Some(c), end);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(pattern: &Pattern, text: &str) -> Vec<String> {
        pattern.find_all(text).into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn words_are_found_in_either_case() {
        let check = |words: &str, text: &str, expect: &[&str]| {
            let pattern = Pattern::words(words);
            assert_eq!(found(&pattern, text), expect, "{words} in {text}");
            assert_eq!(pattern.matches(text), !expect.is_empty() || words.is_empty());
        };
        check("err", "Error: err in ERR", &["Err", "err", "ERR"]);
        check("aa", "aaaaa", &["aa", "aa"]);
        check("Ünï", "x Ünï y", &["Ünï"]);
        check("(", "f(x)", &["("]);
        check("", "abc", &[]);
        check("abc", "ab", &[]);
    }

    #[test]
    fn expressions_are_found_first_and_longest() {
        let check = |source: &str, text: &str, expect: &[&str]| {
            let pattern = Pattern::expression(source).unwrap();
            assert_eq!(found(&pattern, text), expect, "{source} in {text}");
            assert!(expect.is_empty() || pattern.matches(text));
        };
        check("jo[bk]", "Job jok jox", &["Job", "jok"]);
        check("a|ab|abc", "abcd", &["abc"]);
        check("(ab)+", "ababx ab", &["abab", "ab"]);
        check(r"\d{2,3}", "1 22 4444", &["22", "444"]);
        check(r"status=5\d\d", "status=500 status=200", &["status=500"]);
        check(r"^\s*at\b", "  at x", &["  at"]);
        check(r"\bcat\b", "cat concat cat", &["cat", "cat"]);
        check("end$", "end end", &["end"]);
        check("[^a-c]+", "abxyc", &["xy"]);
        check(r"[\w.]+@[\w.]+", "to ana@example.com now", &["ana@example.com"]);
        check(r"a\.b", "axb a.b", &["a.b"]);
        check("x*", "axxb", &["xx"]);
        check("[]x]+", "a]x", &["]x"]);
        check(".", "é🍎", &["é", "🍎"]);
        check("(?:a|b)c", "bc", &["bc"]);
        check(r#"{"level":"error""#, r#"{"level":"error"}"#, &[r#"{"level":"error""#]);
        check("a{2", "a{2", &["a{2"]);
        check("(|a)b", "ab", &["ab"]);
    }

    #[test]
    fn what_is_no_expression_is_said() {
        use PatternError::{Closed, Count, Escape, Nothing, Open, Range, TooLarge};
        for (source, expect) in [
            ("(a", Open),
            ("[a", Open),
            ("a)", Closed),
            ("*a", Nothing),
            ("a|+", Nothing),
            ("a{3,2}", Count),
            ("a{1000}", Count),
            ("[z-a]", Range),
            ("a\\", Escape),
            ("((a{100}){100}){100}", TooLarge),
            (&"(".repeat(1000), TooLarge),
        ] {
            assert_eq!(Pattern::expression(source), Err(expect), "{source}");
        }
    }

    #[test]
    fn no_expression_is_slow() {
        // Takes a backtracking matcher longer than anyone waits.
        let pattern = Pattern::expression("(a*)*(a*)*(a|a)*b").unwrap();
        assert!(!pattern.matches(&"a".repeat(10_000)));
    }

    proptest! {
        #[test]
        fn any_text_may_be_asked_for(source in "[ab()|*+?{}0-2,.^$\\\\\\[\\]-]{0,12}", text in "[abé]{0,12}") {
            if let Ok(pattern) = Pattern::expression(&source) {
                let found = pattern.find_all(&text);
                prop_assert!(found.iter().all(|range| text.get(range.clone()).is_some_and(|it| !it.is_empty())));
                prop_assert!(found.is_empty() || pattern.matches(&text));
                prop_assert!(found.windows(2).all(|pair| pair[0].end <= pair[1].start));
            }
        }

        #[test]
        fn an_escaped_text_finds_what_the_words_find(words in "[ab.*]{1,3}", text in "[abAB.*é]{0,20}") {
            let escaped: String = words.chars().flat_map(|c| if c.is_alphanumeric() { vec![c] } else { vec!['\\', c] }).collect();
            let expression = Pattern::expression(&escaped).unwrap();
            prop_assert_eq!(expression.find_all(&text), Pattern::words(&words).find_all(&text));
        }
    }
}
