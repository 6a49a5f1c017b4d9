use super::*;
use crate::Status;
use crate::item::Meta;
use std::fmt::Write as _;

fn machine() -> Machine<()> {
    Machine::new(true)
}

fn item(name: &str, version: &str) -> Item<()> {
    Item {
        meta: Meta { name: name.into(), resource_version: version.into(), ..Meta::default() },
        object: Ok(()),
    }
}

fn page(names: &[&str], version: &str, next: Option<&str>) -> Result<Page<()>, Error> {
    Ok(Page {
        items: names.iter().map(|name| item(name, "1")).collect(),
        resource_version: version.into(),
        next: next.map(str::to_owned),
        remaining: None,
    })
}

fn gone() -> Error {
    Error::Gone(Box::new(Status::failure("too old resource version", "Expired").with_code(410)))
}

fn down() -> Error {
    Error::Unreachable("down".into())
}

/// What the machine told since the last call, in short.
fn told(machine: &mut Machine<()>) -> String {
    let mut text = String::new();
    while let Some(event) = machine.tell() {
        let word = match event {
            Ok(Event::Init) => "Init".to_owned(),
            Ok(Event::InitApply(item)) => format!("+{}", item.meta.name),
            Ok(Event::InitDone) => "InitDone".to_owned(),
            Ok(Event::Apply(item)) => format!("={}", item.meta.name),
            Ok(Event::Delete(item)) => format!("-{}", item.meta.name),
            Ok(Event::Live) => "Live".to_owned(),
            Err(error) => format!("Err({error})"),
        };
        write!(text, "{word} ").unwrap();
    }
    text.trim_end().to_owned()
}

fn watch_from(version: &str, over: Over) -> Step {
    Step::Watch { version: version.into(), over }
}

/// Whether the connection is given up when the clock ticks.
fn tick(machine: &mut Machine<()>, now: u64) -> bool {
    machine.ticked(now);
    machine.step(false) != Step::Hear
}

/// A machine with an open watch from version 5, at time 0.
fn open() -> Machine<()> {
    let mut machine = machine();
    machine.listed(page(&["a"], "5", None), 0.0);
    machine.opened(Over::Socket, 0, 0.0);
    assert_eq!(told(&mut machine), "Init +a InitDone Live");
    machine
}

#[test]
fn lists_page_by_page_then_watches_from_the_lists_version() {
    let mut machine = machine();
    assert_eq!(machine.step(false), Step::List(None));
    machine.listed(page(&["a", "b"], "5", Some("next")), 0.0);
    assert_eq!(told(&mut machine), "Init +a +b");
    assert_eq!(machine.step(false), Step::List(Some("next".into())));
    machine.listed(page(&["c"], "5", None), 0.0);
    assert_eq!(told(&mut machine), "+c InitDone");
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
    machine.opened(Over::Socket, 0, 0.0);
    assert_eq!(told(&mut machine), "Live");
    assert_eq!(machine.step(false), Step::Hear);
}

#[test]
fn changes_and_bookmarks_move_the_version_on() {
    let mut machine = open();
    machine.heard(Heard::Apply(vec![item("b", "6")]), 1, 0.0);
    machine.heard(Heard::Delete(vec![item("a", "7")]), 2, 0.0);
    machine.heard(Heard::Bookmark("9".into()), 3, 0.0);
    assert_eq!(told(&mut machine), "=b -a Live");
    machine.closed(None, 4, 0.0);
    assert_eq!(machine.step(false), watch_from("9", Over::Socket));
    assert_eq!(told(&mut machine), "");
}

#[test]
fn an_object_without_a_version_does_not_lose_the_place() {
    let mut machine = open();
    machine.heard(Heard::Apply(vec![item("", "")]), 1, 0.0);
    machine.closed(None, 4, 0.0);
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
}

#[test]
fn gone_inside_the_watch_lists_again_without_an_error() {
    let mut machine = open();
    machine.heard(Heard::Error(gone()), 1, 0.0);
    assert_eq!(machine.step(false), Step::List(None));
    machine.listed(page(&["b"], "20", None), 0.0);
    assert_eq!(told(&mut machine), "Init +b InitDone");
    assert_eq!(machine.step(false), watch_from("20", Over::Socket));
}

#[test]
fn gone_when_the_watch_opens_lists_again_without_an_error() {
    let mut machine = Machine::<()>::new(false);
    machine.listed(page(&[], "5", None), 0.0);
    assert_eq!(machine.step(false), watch_from("5", Over::Stream));
    machine.refused(Over::Stream, gone(), 0.0);
    assert_eq!(machine.step(false), Step::List(None));
    assert_eq!(told(&mut machine), "Init InitDone");
}

#[test]
fn gone_again_and_again_is_not_a_busy_loop() {
    let mut machine = open();
    machine.heard(Heard::Error(gone()), 1, 0.0);
    machine.listed(page(&[], "20", None), 0.0);
    machine.opened(Over::Socket, 2, 0.0);
    machine.heard(Heard::Error(gone()), 3, 0.0);
    assert!(matches!(machine.step(false), Step::Wait(_)));
    machine.waited();
    assert_eq!(machine.step(false), Step::List(None));
}

#[test]
fn a_continue_token_that_expires_starts_the_list_over() {
    let mut machine = machine();
    machine.listed(page(&["a"], "5", Some("next")), 0.0);
    machine.listed(Err(gone()), 0.0);
    assert_eq!(machine.step(false), Step::List(None));
    machine.listed(page(&["b"], "6", None), 0.0);
    assert_eq!(told(&mut machine), "Init +a Init +b InitDone");
}

#[test]
fn a_list_that_fails_is_told_and_tried_again_with_growing_waits() {
    let mut machine = machine();
    let mut waits = Vec::new();
    for _ in 0..3 {
        machine.listed(Err(down()), 0.0);
        let Step::Wait(time) = machine.step(false) else { panic!("no wait") };
        waits.push(time.as_millis());
        machine.waited();
    }
    assert_eq!(waits, [800, 1600, 3200]);
    assert_eq!(told(&mut machine), ["Err(the API server cannot be reached: down)"; 3].join(" "));
    machine.listed(page(&[], "5", None), 0.0);
    assert_eq!(told(&mut machine), "Init InitDone", "the first Ok says that the server is back");
}

#[test]
fn only_a_watch_that_works_resets_the_waits() {
    let mut machine = open();
    machine.heard(Heard::Bookmark("6".into()), 1, 0.0);
    machine.closed(None, 2, 0.0);
    for expect in [800, 1600] {
        machine.refused(Over::Stream, down(), 0.0);
        assert_eq!(machine.step(false), Step::Wait(Duration::from_millis(expect)));
        machine.waited();
    }
    machine.opened(Over::Stream, 0, 0.0);
    machine.heard(Heard::Bookmark("7".into()), 1, 0.0);
    machine.closed(None, 2, 0.0);
    machine.refused(Over::Stream, down(), 0.0);
    assert_eq!(machine.step(false), Step::Wait(Duration::from_millis(800)));
}

#[test]
fn the_servers_own_wait_is_kept() {
    let mut machine = machine();
    let error = Error::TooManyRequests {
        status: Box::new(Status::failure("slow down", "TooManyRequests").with_code(429)),
        retry_after: Some(Duration::from_secs(12)),
    };
    machine.listed(Err(error), 0.0);
    assert_eq!(machine.step(false), Step::Wait(Duration::from_secs(12)));
}

#[test]
fn a_good_connection_that_breaks_is_resumed_at_once_and_silently() {
    for (heard, now) in [(true, 10), (false, 6_000)] {
        let mut machine = open();
        if heard {
            machine.heard(Heard::Apply(vec![item("a", "6")]), 5, 0.0);
            told(&mut machine);
        }
        machine.closed(Some(down()), now, 0.0);
        assert!(matches!(machine.step(false), Step::Watch { .. }));
        assert_eq!(told(&mut machine), "");
    }
}

#[test]
fn a_connection_that_closes_right_after_opening_is_not_a_busy_loop() {
    let mut machine = open();
    machine.closed(None, 10, 0.0);
    assert!(matches!(machine.step(false), Step::Wait(_)));
    assert_eq!(told(&mut machine), "");
    machine.waited();
    machine.opened(Over::Socket, 1_000, 0.0);
    machine.closed(Some(down()), 1_010, 0.0);
    assert_eq!(told(&mut machine), "Live Err(the API server cannot be reached: down)");
    assert_eq!(machine.step(false), Step::Wait(Duration::from_millis(1600)));
}

/// A machine two of whose sockets have failed while the lists were good.
fn without_sockets() -> Machine<()> {
    let mut machine = machine();
    machine.listed(page(&["a"], "5", None), 0.0);
    machine.refused(Over::Socket, down(), 0.0);
    assert_eq!(machine.step(false), Step::List(None), "a list learns what a socket does not say");
    machine.listed(page(&["a"], "5", None), 0.0);
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
    machine.refused(Over::Socket, down(), 0.0);
    machine.waited();
    machine.listed(page(&["a"], "5", None), 0.0);
    assert_eq!(machine.step(false), watch_from("5", Over::Stream), "a stream says why");
    assert!(!told(&mut machine).contains("Err"));
    machine
}

#[test]
fn a_stream_that_opens_where_sockets_failed_is_not_kept() {
    let mut machine = without_sockets();
    assert!(!machine.opened(Over::Stream, 0, 0.0));
    assert_eq!(told(&mut machine), "");
    assert!(matches!(machine.step(false), Step::Wait(_)));
    machine.waited();
    assert_eq!(
        machine.step(false),
        watch_from("5", Over::Socket),
        "where sockets have worked, they will again"
    );
}

#[test]
fn where_sockets_are_forbidden_the_list_is_read_again_and_again() {
    let mut machine = without_sockets();
    machine.opened(Over::Stream, 0, 0.0);
    machine.waited();
    let mut sockets = 0;
    for _ in 0..60 {
        match machine.step(true) {
            Step::Wait(time) => {
                assert_eq!(time, POLL);
                machine.waited();
            }
            Step::List(None) => machine.listed(page(&["a"], "5", None), 0.0),
            Step::Watch { over: Over::Socket, .. } => {
                sockets += 1;
                machine.refused(Over::Socket, down(), 0.0);
            }
            step => panic!("{step:?}"),
        }
    }
    assert_eq!(sockets, 2, "now and then a socket is tried");
    assert!(!told(&mut machine).contains("Err"));
}

#[test]
fn a_socket_that_fails_because_the_server_is_gone_is_told_by_the_list() {
    let mut machine = open();
    machine.heard(Heard::Bookmark("6".into()), 1, 0.0);
    machine.closed(Some(down()), 2, 0.0);
    machine.refused(Over::Socket, down(), 0.0);
    machine.listed(Err(down()), 0.0);
    assert_eq!(told(&mut machine), "Live Err(the API server cannot be reached: down)");
    machine.waited();
    machine.listed(page(&["a"], "8", None), 0.0);
    assert_eq!(machine.step(false), watch_from("8", Over::Socket));
}

#[test]
fn a_page_whose_sockets_are_forbidden_tries_none() {
    let mut machine = machine();
    machine.listed(page(&[], "5", None), 0.0);
    assert_eq!(machine.step(true), Step::Wait(POLL));
}

#[test]
fn a_refusal_that_lasts_is_looked_at_again_from_the_list() {
    let forbidden = crate::error::from_status(
        &crate::error::Attempt::default(),
        Status::failure("no", "Forbidden").with_code(403),
        None,
    );
    let mut machine = Machine::<()>::new(false);
    machine.listed(page(&[], "5", None), 0.0);
    machine.refused(Over::Stream, forbidden, 0.0);
    assert_eq!(told(&mut machine), "Init InitDone Err(no)");
    machine.waited();
    assert_eq!(machine.step(false), Step::List(None));
}

#[test]
fn a_watch_that_has_been_silent_for_longer_than_bookmarks_take_is_made_anew() {
    let mut machine = open();
    for now in [10_000, 30_000, 50_000, 70_000] {
        assert!(!tick(&mut machine, now), "at {now} ms");
    }
    assert!(tick(&mut machine, 80_000));
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
}

#[test]
fn an_event_told_twice_is_one_and_events_out_of_order_lead_to_a_new_list() {
    let mut machine = open();
    for _ in 0..2 {
        machine.heard(Heard::Apply(vec![item("b", "7")]), 1, 0.0);
    }
    assert_eq!(told(&mut machine), "=b =b");
    assert_eq!(machine.step(false), Step::Hear);
    machine.heard(Heard::Delete(vec![item("b", "6")]), 2, 0.0);
    assert_eq!(told(&mut machine), "");
    assert_eq!(machine.step(false), Step::List(None));
}

#[test]
fn a_clock_that_jumps_means_that_the_machine_slept() {
    let mut machine = open();
    assert!(!tick(&mut machine, 10_000));
    assert!(!tick(&mut machine, 70_000), "a hidden page's timers run once a minute");
    assert!(tick(&mut machine, 70_000 + 3_600_000));
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
}

#[test]
fn waking_ends_a_wait_and_doubts_a_silent_connection() {
    let mut machine = machine();
    machine.listed(Err(down()), 0.0);
    machine.woken(1);
    assert_eq!(machine.step(false), Step::List(None));

    let mut machine = open();
    machine.woken(60_000);
    assert_eq!(machine.step(false), Step::Hear, "bookmarks come once a minute");
    machine.woken(80_000);
    assert_eq!(machine.step(false), watch_from("5", Over::Socket));
}

#[test]
fn a_list_without_a_version_cannot_be_watched() {
    let mut machine = machine();
    machine.listed(page(&[], "", None), 0.0);
    assert!(told(&mut machine).contains("resourceVersion"));
    assert!(matches!(machine.step(false), Step::Wait(_)));
}
