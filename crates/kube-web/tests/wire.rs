//! What the client makes of bytes that an API server v1.37.2 sent (`fixtures`), cut and mixed in every way.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

mod support;

use futures::StreamExt;
use futures::executor::block_on;
use kube_web::{
    Client, DeleteParams, Error, Event, ExecParams, Exit, IncludeObject, ListParams, LogLine, LogParams,
    Message, Patch, Resource, WatchParams, WriteParams, exec, exec_reaches, logs, watch, watch_table,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use support::{Answer, Script};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("fixtures/", $name))
    };
}

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct ConfigMap {
    data: BTreeMap<String, String>,
}

fn config_maps(client: &Client) -> kube_web::Api {
    client.namespaced(Resource::CONFIG_MAPS, "fx")
}

fn list(names: &[&str], version: &str, next: &str) -> Answer {
    let items: Vec<Value> = names
        .iter()
        .map(
            |name| json!({"metadata": {"name": name, "namespace": "fx", "resourceVersion": "1"}, "data": {}}),
        )
        .collect();
    Answer::Json(
        200,
        json!({"metadata": {"resourceVersion": version, "continue": next}, "items": items}).to_string(),
    )
}

fn gone() -> Answer {
    Answer::Json(410, fixture!("410.json").to_owned())
}

/// The events of a watch until there are `count` of them, in short.
fn events<T>(events: impl futures::Stream<Item = Result<Event<T>, Error>>, count: usize) -> Vec<String> {
    block_on(events.take(count).map(|event| short(&event)).collect())
}

fn short<T>(event: &Result<Event<T>, Error>) -> String {
    let named = |sign: &str, item: &kube_web::Item<T>| {
        let broken = if item.object.is_err() { "!" } else { "" };
        format!("{sign}{}{broken}", item.meta.name)
    };
    match event {
        Ok(Event::Init) => "Init".to_owned(),
        Ok(Event::InitApply(item)) => named("+", item),
        Ok(Event::InitDone) => "InitDone".to_owned(),
        Ok(Event::Apply(item)) => named("=", item),
        Ok(Event::Delete(item)) => named("-", item),
        Ok(Event::Live) => "Live".to_owned(),
        Err(error) => format!("Err({error})"),
    }
}

#[test]
fn a_list_is_read_page_by_page_to_its_end() {
    let (script, client) = Script::client(vec![list(&["a", "b"], "5", "t1"), list(&["c"], "5", "")]);
    let list = block_on(config_maps(&client).list::<ConfigMap>(&ListParams::default().labels("x in (1,2)")))
        .unwrap();
    assert_eq!(list.items.len(), 3);
    assert_eq!((list.resource_version.as_str(), list.cut), ("5", None));
    let asked = script.asked.borrow();
    assert!(
        asked[0].contains("labelSelector=x+in+%281%2C2%29") && asked[0].contains("limit=500"),
        "{asked:?}"
    );
    assert!(asked[1].contains("continue=t1"), "{asked:?}");
    assert!(asked.iter().all(|url| url.ends_with("pretty=false")), "{asked:?}");
    assert!(script.sent.borrow()[0].url.starts_with("/prefix/api/v1/namespaces/fx/configmaps?"));
}

#[test]
fn a_page_of_the_real_server_is_read_and_a_cut_is_told() {
    let (_, client) = Script::client(vec![Answer::Json(200, fixture!("list-page.json").to_owned())]);
    let list = block_on(config_maps(&client).list::<ConfigMap>(&ListParams::default().at_most(2))).unwrap();
    let names: Vec<&str> = list.items.iter().map(|item| item.meta.name.as_str()).collect();
    assert_eq!(names, ["c1", "c2"]);
    assert_eq!(list.items[0].ok().unwrap().data["a"], "1");
    assert!(!list.items[0].meta.uid.is_empty());
    assert_eq!(list.cut, Some(None), "with a selector the server does not say how many are left");
}

#[test]
fn a_list_starts_over_when_its_token_expires() {
    let answers = vec![list(&["a"], "5", "t1"), gone(), list(&["b"], "9", "")];
    let (_, client) = Script::client(answers);
    let list = block_on(config_maps(&client).list::<ConfigMap>(&ListParams::default())).unwrap();
    let names: Vec<&str> = list.items.iter().map(|item| item.meta.name.as_str()).collect();
    assert_eq!((names.as_slice(), list.resource_version.as_str()), (["b"].as_slice(), "9"));
}

#[test]
fn a_table_of_the_real_server_is_read() {
    let (script, client) = Script::client(vec![Answer::Json(200, fixture!("table.json").to_owned())]);
    let table =
        block_on(config_maps(&client).list_table(&ListParams::default(), IncludeObject::None)).unwrap();
    assert_eq!(
        table.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(),
        ["Name", "Data", "Age"]
    );
    let row = &table.rows[0];
    assert_eq!((row.meta.name.as_str(), row.meta.namespace.as_str()), ("c1", "fx"));
    assert_eq!(row.ok().unwrap().text("data").as_deref(), Some("1"));
    let accept = ("accept", "application/json;as=Table;g=meta.k8s.io;v=v1".to_owned());
    assert!(script.sent.borrow()[0].headers.contains(&accept));
    assert!(script.asked.borrow()[0].contains("includeObject=None"));
}

#[test]
fn across_namespaces_a_row_carries_its_metadata() {
    let (script, client) = Script::client(vec![Answer::Json(200, fixture!("table.json").to_owned())]);
    let everywhere = client.all(Resource::CONFIG_MAPS);
    block_on(everywhere.list_table(&ListParams::default(), IncludeObject::None)).unwrap();
    assert!(script.asked.borrow()[0].contains("includeObject=Metadata"));
}

#[test]
fn every_refusal_of_the_real_server_has_its_class() {
    let error = |status: u16, body: &str| {
        let (_, client) = Script::client(vec![Answer::Json(status, body.to_owned())]);
        block_on(config_maps(&client).get::<ConfigMap>("c1")).unwrap_err()
    };
    assert!(matches!(error(401, fixture!("401.json")), Error::Unauthorized(_)));
    assert!(matches!(error(404, fixture!("404.json")), Error::NotFound(_)));
    assert!(matches!(error(409, fixture!("409-exists.json")), Error::AlreadyExists(_)));
    assert!(matches!(error(410, fixture!("410.json")), Error::Gone(_)));
    let Error::Forbidden(forbidden) = error(403, fixture!("403.json")) else { panic!("403") };
    assert_eq!(
        (forbidden.verb.as_str(), forbidden.resource.as_str(), forbidden.namespace.as_str()),
        ("list", "secrets", "fx")
    );
    let Error::Conflict { causes, .. } = error(409, fixture!("409-conflict.json")) else { panic!("409") };
    assert_eq!(causes[0].field, ".data.a");
    assert!(causes[0].message.contains("kubectl-create"), "{causes:?}");
    let Error::Invalid { causes, .. } = error(422, fixture!("422.json")) else { panic!("422") };
    assert_eq!(
        causes.iter().map(|cause| cause.field.as_str()).collect::<Vec<_>>(),
        ["spec.replicas", "spec.template.spec.containers"]
    );
}

#[test]
fn a_page_with_status_200_is_a_login_and_other_types_are_not_json() {
    let get = |answer| {
        let (_, client) = Script::client(vec![answer]);
        block_on(client.version()).unwrap_err()
    };
    let login = get(Answer::Typed(200, "text/html", "<html>Sign in".into()));
    assert!(matches!(login, Error::NotJson { status: 200, looks_like_login: true, .. }), "{login:?}");
    let text = get(Answer::Typed(200, "text/plain", "ok".into()));
    assert!(matches!(text, Error::NotJson { looks_like_login: false, .. }), "{text:?}");
    assert!(matches!(get(Answer::Json(200, "{".into())), Error::Decode { .. }));
    assert!(matches!(get(Answer::Unreachable), Error::Unreachable(_)));
    assert!(matches!(get(Answer::Never), Error::Timeout(_)));
}

#[test]
fn writes_say_how_they_are_to_be_done() {
    let object = r#"{"metadata":{"name":"c1"},"data":{}}"#;
    let answers = (0..3).map(|_| Answer::Json(200, object.to_owned())).collect();
    let (script, client) = Script::client(answers);
    let api = config_maps(&client);
    let apply = Patch::Apply(json!({"data": {}}));
    let params = WriteParams { force: true, ..WriteParams::by("me & you").dry_run() };
    block_on(api.patch::<ConfigMap>("c1", &apply, &params)).unwrap();
    block_on(api.patch_subresource::<Value>(
        "c1",
        "status",
        &Patch::Json(json!([])),
        &WriteParams::default(),
    ))
    .unwrap();
    let deleted = block_on(api.delete("c1", &DeleteParams::default())).unwrap();
    assert!(!deleted.gone, "the answer is the object: finalizers hold it");
    assert_eq!(
        *script.asked.borrow(),
        [
            "PATCH /api/v1/namespaces/fx/configmaps/c1?dryRun=All&fieldManager=me+%26+you&force=true&pretty=false",
            "PATCH /api/v1/namespaces/fx/configmaps/c1/status?pretty=false",
            "DELETE /api/v1/namespaces/fx/configmaps/c1?pretty=false",
        ]
    );
    let content_type = |index: usize| {
        let sent = script.sent.borrow();
        sent[index].headers.iter().find(|(name, _)| *name == "content-type").unwrap().1.clone()
    };
    assert_eq!(content_type(0), "application/apply-patch+yaml");
    assert_eq!(content_type(1), "application/json-patch+json");
    let forced_merge = block_on(api.patch::<Value>("c1", &Patch::Merge(json!({})), &params));
    assert!(matches!(forced_merge, Err(Error::Request(_))));
    let elsewhere = api.get::<Value>("../secrets/s");
    assert!(matches!(block_on(elsewhere), Err(Error::Request(_))), "a name cannot leave its collection");
}

#[test]
fn another_token_goes_with_the_next_request() {
    let (script, client) = Script::client(vec![list(&[], "1", ""), list(&[], "1", ""), list(&[], "1", "")]);
    let pods = config_maps(&client);
    for token in [None, Some("one"), Some("two")] {
        client.set_token(token.map(str::to_owned));
        block_on(pods.list::<Value>(&ListParams::default())).unwrap();
    }
    let sent = script.sent.borrow();
    let credentials = sent.iter().map(|it| it.headers.iter().find(|(name, _)| *name == "authorization"));
    let credentials: Vec<_> = credentials.map(|it| it.map(|(_, value)| value.as_str())).collect();
    assert_eq!(credentials, [None, Some("Bearer one"), Some("Bearer two")]);
}

#[test]
fn a_watch_over_a_stream_is_the_same_wherever_its_bytes_are_cut() {
    let frames = fixture!("watch.jsonl").as_bytes();
    for cut in 0..=frames.len() {
        let pieces = vec![frames[..cut].to_vec(), frames[cut..].to_vec()];
        let (_, client) = Script::client(vec![list(&["a"], "5", ""), Answer::Held(pieces)]);
        let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default().metadata()), 8);
        assert_eq!(told[3..], ["Live", "=w", "=w", "-w", "Live"], "cut at {cut}");
    }
}

#[test]
fn a_watch_over_a_socket_takes_one_event_per_message() {
    let messages = fixture!("watch.jsonl").lines().map(|line| line.as_bytes().to_vec()).collect();
    let (script, client) = Script::client(vec![list(&["a"], "5", ""), Answer::Held(messages)]);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default().named("w")), 8);
    assert_eq!(told, ["Init", "+a", "InitDone", "Live", "=w", "=w", "-w", "Live"]);
    let asked = script.asked.borrow();
    let url = &asked[1];
    assert!(url.starts_with("SOCKET /api/v1/namespaces/fx/configmaps?"), "{url}");
    for part in [
        "watch=true",
        "resourceVersion=5",
        "allowWatchBookmarks=true",
        "timeoutSeconds=290",
        "fieldSelector=metadata.name%3Dw",
    ] {
        assert!(url.contains(part), "{part} in {url}");
    }
    assert_eq!(script.open_connections.get(), 0, "dropping the watch closes its connection");
}

#[test]
fn what_was_watched_is_decoded_with_its_umlauts() {
    let messages = fixture!("watch.jsonl").lines().map(|line| line.as_bytes().to_vec()).collect();
    let (_, client) = Script::client(vec![list(&[], "5", ""), Answer::Held(messages)]);
    let events = watch::<ConfigMap>(&config_maps(&client), WatchParams::default());
    let applied: Vec<_> = block_on(events.take(4).collect());
    let Ok(Event::Apply(item)) = &applied[3] else { panic!("{:?}", applied[3]) };
    assert_eq!(item.ok().unwrap().data["text"], "zwölf Äpfel 🍎");
}

#[test]
fn gone_in_a_watch_of_the_real_server_leads_to_a_new_list() {
    let messages = vec![fixture!("watch-410.json").as_bytes().to_vec()];
    let answers =
        vec![list(&["a"], "5", ""), Answer::Held(messages), list(&["b"], "600", ""), Answer::Held(vec![])];
    let (script, client) = Script::client(answers);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 8);
    assert_eq!(told, ["Init", "+a", "InitDone", "Live", "Init", "+b", "InitDone", "Live"]);
    assert!(script.asked.borrow()[3].contains("resourceVersion=600"));
}

#[test]
fn a_malformed_object_is_one_bad_event() {
    let frame = |name: &str, data: &str| {
        format!(r#"{{"type":"MODIFIED","object":{{"metadata":{{"name":"{name}","resourceVersion":"9"}},"data":{data}}}}}"#).into_bytes()
    };
    let messages = vec![frame("bad", "7"), br#"{"type":"ADDED","object":[]}"#.to_vec(), frame("good", "{}")];
    let (_, client) = Script::client(vec![list(&[], "5", ""), Answer::Held(messages)]);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 6);
    assert_eq!(told, ["Init", "InitDone", "Live", "=bad!", "=!", "=good"]);
}

#[test]
fn a_server_that_goes_away_is_told_once_it_cannot_be_reached_again() {
    let messages = fixture!("watch.jsonl").lines().map(|line| line.as_bytes().to_vec()).collect();
    let answers = vec![
        list(&[], "5", ""),
        Answer::Pieces(messages),
        Answer::Unreachable,
        Answer::Unreachable,
        Answer::Json(503, String::new()),
        list(&["a"], "700", ""),
        Answer::Held(vec![]),
    ];
    let (script, client) = Script::client(answers);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 13);
    assert_eq!(
        told[7..],
        [
            "Err(the API server cannot be reached: Failed to fetch)",
            "Err(the API server failed: 503 Service Unavailable)",
            "Init",
            "+a",
            "InitDone",
            "Live"
        ]
    );
    let asked = script.asked.borrow();
    assert!(asked[2].contains("SOCKET") && asked[2].contains("resourceVersion="), "resumed first: {asked:?}");
    assert!(asked[6].starts_with("SOCKET"), "a proxy that forwarded a socket is not suspected: {asked:?}");
}

#[test]
fn where_sockets_do_not_open_lists_stand_in_for_watches() {
    let answers = vec![
        list(&[], "5", ""),
        Answer::Unreachable,
        list(&[], "5", ""),
        Answer::Unreachable,
        list(&[], "5", ""),
        Answer::Held(vec![]),
        list(&["new"], "6", ""),
        list(&[], "6", ""),
        list(&["newer"], "7", ""),
    ];
    let (script, client) = Script::client(answers);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 9);
    assert_eq!(told[6..], ["Init", "+new", "InitDone"], "{told:?}");
    assert_eq!(script.open_connections.get(), 0, "the stream only said that the server is there");
    let another = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 5);
    assert_eq!(another, ["Init", "InitDone", "Init", "+newer", "InitDone"]);
    let asked = script.asked.borrow();
    assert!(asked[5].starts_with("STREAM") && asked[6..].iter().all(|it| it.starts_with("GET")), "{asked:?}");
}

#[test]
fn rows_are_watched_over_a_stream_by_name() {
    let pieces = vec![fixture!("watch-table.jsonl").as_bytes().to_vec()];
    let table = Answer::Json(200, fixture!("table.json").to_owned());
    let (script, client) = Script::client(vec![table, Answer::Held(pieces)]);
    let events = watch_table(&config_maps(&client), WatchParams::default(), IncludeObject::None);
    let told: Vec<_> = block_on(events.take(9).collect());
    let Ok(Event::Apply(item)) = &told[7] else { panic!("{:?}", told[7]) };
    assert_eq!((item.meta.name.as_str(), item.meta.namespace.as_str()), ("later", "fx"));
    assert!(!item.meta.resource_version.is_empty());
    assert_eq!(item.ok().unwrap().text("Data").as_deref(), Some("1"));
    let asked = script.asked.borrow();
    assert!(asked[1].starts_with("STREAM") && asked[1].contains("includeObject=None"), "{asked:?}");
}

#[test]
fn a_silent_watch_is_resumed() {
    let answers = vec![list(&[], "5", ""), Answer::Held(vec![]), Answer::Held(vec![])];
    let (script, client) = Script::client(answers);
    let told = events(watch::<ConfigMap>(&config_maps(&client), WatchParams::default()), 4);
    assert_eq!(told, ["Init", "InitDone", "Live", "Live"]);
    let silent = script.now.get();
    assert!((75_000..100_000).contains(&silent), "bookmarks come once a minute: {silent} ms");
}

#[test]
fn logs_are_lines_wherever_the_bytes_are_cut() {
    let text = "erste Zeile\nzwölf Äpfel 🍎\nohne Ende".as_bytes();
    for cut in 0..=text.len() {
        let pieces = vec![text[..cut].to_vec(), text[cut..].to_vec()];
        let (_, client) = Script::client(vec![Answer::Pieces(pieces)]);
        let pods = client.namespaced(Resource::PODS, "fx");
        let lines: Vec<_> =
            block_on(logs(&pods, "p", &LogParams { follow: true, ..LogParams::default() }).collect());
        let lines: Vec<LogLine> = lines.into_iter().flat_map(Result::unwrap).collect();
        let lines: Vec<_> = lines.iter().map(LogLine::text).collect();
        assert_eq!(lines, ["erste Zeile", "zwölf Äpfel 🍎", "ohne Ende"], "cut at {cut}");
    }
}

#[test]
fn a_log_is_followed_over_a_socket_where_it_is_asked_for() {
    let (script, client) = Script::client(vec![Answer::Pieces(vec![b"one\ntw".to_vec(), b"o\n".to_vec()])]);
    let pods = client.namespaced(Resource::PODS, "fx");
    let params = LogParams { follow: true, over_socket: true, ..LogParams::default() };
    let lines: Vec<_> = block_on(logs(&pods, "p", &params).collect());
    let lines: Vec<LogLine> = lines.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(lines.iter().map(LogLine::text).collect::<Vec<_>>(), ["one", "two"]);
    assert!(script.asked.borrow()[0].starts_with("SOCKET"), "{:?}", script.asked.borrow());
}

#[test]
fn a_log_that_is_refused_says_why() {
    let (_, client) = Script::client(vec![Answer::Json(404, fixture!("404.json").to_owned())]);
    let pods = client.namespaced(Resource::PODS, "fx");
    let told: Vec<_> = block_on(logs(&pods, "p", &LogParams::default()).collect());
    assert!(matches!(told.as_slice(), [Err(Error::NotFound(_))]), "{told:?}");
}

fn said(messages: &[&[u8]]) -> Vec<Result<Message, Error>> {
    let pieces = messages.iter().map(|it| it.to_vec()).collect();
    let (script, client) = Script::client(vec![Answer::Pieces(pieces)]);
    let pods = client.namespaced(Resource::PODS, "fx");
    let params = ExecParams { container: "main".into(), command: vec!["dump".into()] };
    let said = block_on(exec(&pods, "p", &params).collect());
    assert!(script.asked.borrow()[0].starts_with("SOCKET /api/v1/namespaces/fx/pods/p/exec?command=dump&"));
    assert_eq!(script.open_connections.get(), 0);
    said
}

#[test]
fn a_command_speaks_on_channels_and_ends_with_its_exit() {
    let said = said(&[
        b"\x01",
        b"\x02",
        b"\x01ro",
        b"\x02hm",
        b"\x01ws",
        b"\x03{\"status\":\"Success\"}",
        b"\x01late",
    ]);
    let said: Vec<Message> = said.into_iter().map(Result::unwrap).collect();
    let exit = Message::Exit(Exit { code: Some(0), message: String::new() });
    let out = |text: &str| Message::Out(text.as_bytes().to_vec());
    assert_eq!(said, [out("ro"), Message::Err(b"hm".to_vec()), out("ws"), exit]);
}

#[test]
fn a_command_that_is_cut_off_has_not_ended() {
    let said = said(&[b"\x01half of it"]);
    assert!(matches!(said.as_slice(), [Ok(Message::Out(_)), Err(Error::Unreachable(_))]), "{said:?}");
}

#[test]
fn whether_a_command_gets_through_is_found_without_one() {
    let status = |code: u16, reason: &str, message: &str| {
        let details = serde_json::json!({"name": "p", "kind": "pods"});
        let status = serde_json::json!({
            "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
            "message": message, "details": details,
        });
        Answer::Json(code, status.to_string())
    };
    let ask = |answer| {
        let (script, client) = Script::client(vec![answer]);
        let told = block_on(exec_reaches(&client.namespaced(Resource::PODS, "fx"), "p", "main"));
        assert!(script.asked.borrow()[0].starts_with("GET "), "{:?}", script.asked.borrow());
        told
    };
    assert_eq!(ask(status(400, "BadRequest", "Upgrade request required")), Ok(()));
    let server = ask(status(403, "Forbidden", "pods \"p\" is forbidden"));
    assert!(matches!(server, Err(Error::Forbidden(it)) if it.status.details.is_some()));
    let proxy = ask(Answer::Typed(403, "text/plain", "Forbidden".to_owned()));
    assert!(matches!(proxy, Err(Error::Forbidden(it)) if it.status.details.is_none()));
    assert!(matches!(ask(status(404, "NotFound", "pods \"p\" not found")), Err(Error::NotFound(_))));
}
