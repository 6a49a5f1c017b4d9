//! The fault matrix of the wire: what becomes of each kind of request under each fault. Each cell is proven by
//! `tests/faults.rs` against a server that misbehaves so; `cargo xtask faults` writes docs/faults.md from it.

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    List,
    Page,
    Get,
    DryRun,
    Write,
    Stream,
    Socket,
    Log,
    Follow,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::List,
        Self::Page,
        Self::Get,
        Self::DryRun,
        Self::Write,
        Self::Stream,
        Self::Socket,
        Self::Log,
        Self::Follow,
    ];

    pub fn words(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Page => "second page of a list",
            Self::Get => "get",
            Self::DryRun => "dry run",
            Self::Write => "write",
            Self::Stream => "watch over fetch",
            Self::Socket => "watch over WebSocket",
            Self::Log => "log over fetch",
            Self::Follow => "log over WebSocket",
        }
    }
}

/// What goes wrong, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Refused,
    ResetBefore,
    ResetWithin,
    ResetAfter,
    CutInCharacter,
    Stalled,
    Silent,
    Duplicated,
    Reordered,
    Unauthorized,
    Forbidden,
    NotFound,
    Conflict,
    Gone,
    Invalid,
    TooMany,
    Internal,
    Unavailable,
    SignIn,
    OtherType,
    AnHourAhead,
}

impl Fault {
    pub fn words(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::ResetBefore => "reset before the answer",
            Self::ResetWithin => "reset in the middle of the answer, within a frame",
            Self::ResetAfter => "reset after the answer",
            Self::CutInCharacter => "body cut within a UTF-8 character",
            Self::Stalled => "no answer for 30 s",
            Self::Silent => "the answer begins, then nothing more, and no end",
            Self::Duplicated => "each event twice",
            Self::Reordered => "two events in the wrong order",
            Self::Unauthorized => "401",
            Self::Forbidden => "403",
            Self::NotFound => "404",
            Self::Conflict => "409",
            Self::Gone => "410",
            Self::Invalid => "422",
            Self::TooMany => "429 with Retry-After",
            Self::Internal => "500",
            Self::Unavailable => "503",
            Self::SignIn => "a sign-in page with 200",
            Self::OtherType => "200 of another content type",
            Self::AnHourAhead => "clocks an hour apart",
        }
    }
}

/// What becomes of it. The words in some are the class of the error that the caller is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This fault is none of such a request.
    Never,
    /// Nobody notices.
    Unharmed,
    /// An error, and never a part of the answer in place of the whole.
    Fails(&'static str),
    /// A write that was certainly not carried out.
    Refused(&'static str),
    /// A write that may have been carried out: the caller has to read back. It was sent once.
    Unknown(&'static str),
    /// Goes on where it was, without a word.
    Resumes,
    /// Reads the list again, without a word.
    Relists,
    /// Told, and tried again until all is known again.
    TriesAgain(&'static str),
    /// Whole lines so far, then an error: the caller goes on after the last line.
    Ends(&'static str),
    /// Stays open; the caller has to lose patience.
    Waits,
}

impl Outcome {
    pub fn words(self) -> String {
        match self {
            Self::Never => "–".to_owned(),
            Self::Unharmed => "unharmed".to_owned(),
            Self::Fails(class) => format!("fails: {class}"),
            Self::Refused(class) => format!("refused: {class}"),
            Self::Unknown(class) => format!("read back: {class}"),
            Self::Resumes => "resumes".to_owned(),
            Self::Relists => "lists again".to_owned(),
            Self::TriesAgain(class) => format!("says {class}, tries again"),
            Self::Ends(class) => format!("whole lines, then {class}"),
            Self::Waits => "waits".to_owned(),
        }
    }
}

/// A row: one fault, and its outcome for each of [`Kind::ALL`].
pub type Row = (Fault, [Outcome; Kind::ALL.len()]);

const UNREACHABLE: &str = "unreachable";

/// The outcomes of an answer that is an error: of reads, of the dry run, of the write, of a watch over fetch, of a log over
/// fetch. A WebSocket that does not open says nothing of why: there the list is read again, which would.
const fn answered(class: &'static str, write: Outcome, watch: Outcome) -> [Outcome; Kind::ALL.len()] {
    use Outcome::{Ends, Fails, Relists};
    let read = Fails(class);
    [read, read, read, read, write, watch, Relists, Ends(class), Ends(UNREACHABLE)]
}

/// As [`answered`] of an answer that says that the request was refused.
const fn refused(class: &'static str) -> [Outcome; Kind::ALL.len()] {
    answered(class, Outcome::Refused(class), Outcome::TriesAgain(class))
}

/// As [`answered`] of an answer that leaves open what happened.
const fn failed(class: &'static str) -> [Outcome; Kind::ALL.len()] {
    answered(class, Outcome::Unknown(class), Outcome::TriesAgain(class))
}

const fn events(outcome: Outcome) -> [Outcome; Kind::ALL.len()] {
    use Outcome::Never;
    [Never, Never, Never, Never, Never, outcome, outcome, Never, Never]
}

pub const CONNECTIONS: [Row; 5] = {
    use Outcome::{Ends, Fails, Relists, Resumes, TriesAgain, Unharmed, Unknown};
    const LOST: Outcome = Fails(UNREACHABLE);
    const CUT: [Outcome; Kind::ALL.len()] = [
        LOST,
        LOST,
        LOST,
        LOST,
        Unknown(UNREACHABLE),
        Resumes,
        Resumes,
        Ends(UNREACHABLE),
        Ends(UNREACHABLE),
    ];
    [
        (
            Fault::Refused,
            [
                LOST,
                LOST,
                LOST,
                LOST,
                Unknown(UNREACHABLE),
                TriesAgain(UNREACHABLE),
                TriesAgain(UNREACHABLE),
                Ends(UNREACHABLE),
                Ends(UNREACHABLE),
            ],
        ),
        (
            Fault::ResetBefore,
            [
                LOST,
                LOST,
                LOST,
                LOST,
                Unknown(UNREACHABLE),
                TriesAgain(UNREACHABLE),
                Relists,
                Ends(UNREACHABLE),
                Ends(UNREACHABLE),
            ],
        ),
        (Fault::ResetWithin, CUT),
        (Fault::CutInCharacter, CUT),
        (
            Fault::ResetAfter,
            [Unharmed, Unharmed, Unharmed, Unharmed, Unharmed, Resumes, Resumes, Unharmed, Ends(UNREACHABLE)],
        ),
    ]
};

pub const STALLS: [Row; 2] = {
    use Outcome::{Ends, Fails, Relists, Resumes, TriesAgain, Unknown, Waits};
    const LATE: &str = "no answer in time";
    const READ: Outcome = Fails(LATE);
    [
        (
            Fault::Stalled,
            [READ, READ, READ, READ, Unknown(LATE), TriesAgain(LATE), Relists, Ends(LATE), Ends(LATE)],
        ),
        (Fault::Silent, [READ, READ, READ, READ, Unknown(LATE), Resumes, Resumes, Waits, Waits]),
    ]
};

pub const EVENTS: [Row; 2] =
    [(Fault::Duplicated, events(Outcome::Unharmed)), (Fault::Reordered, events(Outcome::Relists))];

pub const ANSWERS: [Row; 11] = [
    (Fault::Unauthorized, refused("signed out")),
    (Fault::Forbidden, refused("forbidden")),
    (Fault::NotFound, refused("not found")),
    (Fault::Conflict, refused("conflict")),
    (Fault::Gone, {
        use Outcome::{Ends, Fails, Refused, Relists, Unharmed};
        const GONE: &str = "gone";
        const READ: Outcome = Fails(GONE);
        // A page whose token has run out: the list begins again.
        [READ, Unharmed, READ, READ, Refused(GONE), Relists, Relists, Ends(GONE), Ends(UNREACHABLE)]
    }),
    (Fault::Invalid, refused("invalid")),
    (Fault::TooMany, refused("too many requests")),
    (Fault::Internal, failed("server failed")),
    (Fault::Unavailable, failed("server failed")),
    (Fault::SignIn, failed("sign-in page")),
    (Fault::OtherType, {
        use Outcome::{Fails, Relists, TriesAgain, Unharmed, Unknown};
        const TYPE: &str = "not Kubernetes";
        const READ: Outcome = Fails(TYPE);
        // A log is text of any type.
        [
            READ,
            READ,
            READ,
            READ,
            Unknown(TYPE),
            TriesAgain("unreadable"),
            Relists,
            Unharmed,
            Outcome::Ends(UNREACHABLE),
        ]
    }),
];

pub const CLOCKS: [Row; 1] = {
    use Outcome::{Never, Unharmed};
    [(
        Fault::AnHourAhead,
        [Unharmed, Unharmed, Unharmed, Unharmed, Unharmed, Unharmed, Never, Unharmed, Never],
    )]
};

/// The whole matrix, in the order in which it is published.
pub fn rows() -> impl Iterator<Item = Row> {
    CONNECTIONS.into_iter().chain(STALLS).chain(EVENTS).chain(ANSWERS).chain(CLOCKS)
}
