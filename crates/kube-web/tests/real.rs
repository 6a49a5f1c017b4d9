//! The client against a real API server, through a `kubectl proxy` at `RC_PROXY_URL`. Makes a namespace and deletes it.

#![allow(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[path = "real/tcp.rs"]
mod tcp;

use futures::executor::block_on;
use futures::stream::LocalBoxStream;
use futures::{Stream, StreamExt};
use kube_web::{
    Api, ApiBase, Client, DeleteParams, Error, Event, IncludeObject, ListParams, LogParams, Patch,
    Preconditions, Question, Resource, Store, ValidationDirective, WatchParams, WriteParams, logs, watch,
    watch_table,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct ConfigMap {
    #[serde(default)]
    data: BTreeMap<String, String>,
}

fn client() -> (Client, Rc<Cell<u32>>) {
    let url = std::env::var("RC_PROXY_URL").expect("RC_PROXY_URL is the address of a kubectl proxy");
    let authority = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let sockets = Rc::new(Cell::new(0));
    let transport = tcp::Tcp { authority, sockets: sockets.clone() };
    (Client::with_transport(ApiBase::new("/"), Rc::new(transport)), sockets)
}

/// Reads a watch until the store looks as expected.
async fn until<T>(
    events: &mut LocalBoxStream<'_, Result<Event<T>, Error>>,
    store: &mut Store<T>,
    expect: impl Fn(&Store<T>) -> bool,
) {
    while !expect(store) {
        store.apply(events.next().await.unwrap().unwrap());
    }
}

fn names<T>(store: &Store<T>) -> Vec<String> {
    store.iter().map(|item| item.meta.name.clone()).filter(|name| name != "kube-root-ca.crt").collect()
}

async fn make(api: &Api, name: &str, value: &str) -> Result<(), Error> {
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"v": value}});
    api.create::<ConfigMap>(&object, &WriteParams::by("kube-web")).await.map(drop)
}

fn boxed<T>(events: impl Stream<Item = T> + 'static) -> LocalBoxStream<'static, T> {
    events.boxed_local()
}

#[test]
#[ignore = "needs RC_PROXY_URL"]
fn the_client_works_against_a_real_api_server() {
    block_on(async {
        let (client, sockets) = client();
        assert!(client.version().await.unwrap().git_version.starts_with('v'));
        let skew = client.clock_skew_ms().unwrap();
        assert!(skew.abs() < 5_000, "{skew}");

        let namespaces = client.all(Resource::NAMESPACES);
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "kube-web-"}});
        let namespace =
            namespaces.create::<Value>(&object, &WriteParams::default()).await.unwrap().item.meta.name;
        let api = client.namespaced(Resource::CONFIG_MAPS, &namespace);

        discovery(&client).await;
        access(&client, &namespace).await;
        writes(&api).await;
        watches(&api).await;
        assert!(sockets.get() >= 4, "whole objects are watched over WebSocket, not {} times", sockets.get());
        tables(&api).await;
        pages(&api).await;
        refused_log(&client, &namespace).await;

        let deleted = namespaces.delete(&namespace, &DeleteParams::default()).await.unwrap();
        assert!(!deleted.gone, "a namespace waits for its finalizer");
    });
}

async fn discovery(client: &Client) {
    let discovery = client.discover().await.unwrap();
    let found = discovery.find_kind("Deployment");
    assert_eq!(found[0].resource, Resource::DEPLOYMENTS);
    assert!(found[0].allows("patch") && found[0].subresources.contains(&"scale".to_owned()));
    assert!(discovery.find_kind("Pod")[0].subresources.contains(&"log".to_owned()));
    assert!(discovery.find_kind("Node").iter().all(|found| !found.resource.namespaced));
    assert!(discovery.incomplete.is_empty(), "{:?}", discovery.incomplete);
    let openapi: Value = serde_json::from_slice(&client.openapi_v3("apps", "v1").await.unwrap()).unwrap();
    assert!(openapi["components"]["schemas"]["io.k8s.api.apps.v1.Deployment"].is_object());
    assert!(matches!(client.openapi_v3("none.example", "v1").await, Err(Error::NotFound(_))));
}

async fn access(client: &Client, namespace: &str) {
    let user = client.who_am_i().await.unwrap();
    assert!(
        !user.username.is_empty() && user.groups.contains(&"system:authenticated".to_owned()),
        "{user:?}"
    );
    let question = Question { verb: "list", resource: "pods", namespace, ..Question::default() };
    assert!(client.can_i(&question).await.unwrap().allowed);
}

async fn writes(api: &Api) {
    make(api, "a", "1").await.unwrap();
    assert!(matches!(make(api, "a", "1").await, Err(Error::AlreadyExists(_))));
    assert!(matches!(make(api, "Not a name", "1").await, Err(Error::Invalid { .. })));
    assert!(matches!(api.get::<ConfigMap>("none").await, Err(Error::NotFound(_))));

    let merge = Patch::Merge(json!({"data": {"v": "2"}, "unknown": 1}));
    let warned = WriteParams { field_validation: Some(ValidationDirective::Warn), ..WriteParams::default() };
    let dry = api.patch::<ConfigMap>("a", &merge, &warned.clone().dry_run()).await.unwrap();
    assert_eq!(dry.item.ok().unwrap().data["v"], "2");
    assert!(dry.warnings[0].contains("unknown"), "{:?}", dry.warnings);
    assert_eq!(api.get::<ConfigMap>("a").await.unwrap().ok().unwrap().data["v"], "1");

    let apply = Patch::Apply(
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"v": "3"}}),
    );
    let Err(Error::Conflict { causes, .. }) =
        api.patch::<ConfigMap>("a", &apply, &WriteParams::by("other")).await
    else {
        panic!("another manager owns the field");
    };
    assert_eq!(causes[0].field, ".data.v");
    let force = WriteParams { force: true, ..WriteParams::by("other") };
    let seen = api.patch::<ConfigMap>("a", &apply, &force).await.unwrap().item.meta;
    let test = Patch::Json(json!([
        {"op": "test", "path": "/metadata/resourceVersion", "value": seen.resource_version},
        {"op": "replace", "path": "/data/v", "value": "4"}
    ]));
    api.patch::<ConfigMap>("a", &test, &WriteParams::default()).await.unwrap();
    assert!(matches!(
        api.patch::<ConfigMap>("a", &test, &WriteParams::default()).await,
        Err(Error::Invalid { .. })
    ));

    let stale = Preconditions { resource_version: Some(seen.resource_version), uid: None };
    let stale = DeleteParams { preconditions: Some(stale), ..DeleteParams::default() };
    assert!(matches!(api.delete("a", &stale).await, Err(Error::Conflict { .. })));
    assert!(api.delete("a", &DeleteParams::default()).await.unwrap().gone);
}

async fn watches(api: &Api) {
    make(api, "w1", "zwölf Äpfel 🍎").await.unwrap();
    let mut store = Store::new();
    let mut events = boxed(watch::<ConfigMap>(api, WatchParams::default()));
    until(&mut events, &mut store, |store| store.is_complete() && !names(store).is_empty()).await;
    make(api, "w2", "1").await.unwrap();
    until(&mut events, &mut store, |store| names(store) == ["w1", "w2"]).await;
    api.delete("w1", &DeleteParams::default()).await.unwrap();
    until(&mut events, &mut store, |store| names(store) == ["w2"]).await;

    // The server ends the watch after a second: it goes on from where it was.
    let short = WatchParams { lifetime: std::time::Duration::from_secs(1), ..WatchParams::default() };
    let mut events = boxed(watch::<ConfigMap>(api, short));
    let mut live = 0;
    while live < 3 {
        live += usize::from(matches!(events.next().await.unwrap().unwrap(), Event::Live));
    }
    make(api, "w3", "1").await.unwrap();
    let mut store = Store::new();
    store.apply(Event::Init);
    store.apply(Event::InitDone);
    until(&mut events, &mut store, |store| names(store) == ["w3"]).await;

    let mut metadata = boxed(watch::<Value>(api, WatchParams::default().metadata().named("w3")));
    let mut store = Store::new();
    until(&mut metadata, &mut store, |store| names(store) == ["w3"]).await;
    assert!(store.readable().all(|(_, object)| object.get("data").is_none()));
}

async fn tables(api: &Api) {
    let table = api.list_table(&ListParams::default(), IncludeObject::None).await.unwrap();
    assert_eq!(table.columns[0].name, "Name");
    let mut rows = boxed(watch_table(api, WatchParams::default(), IncludeObject::None));
    let mut store = Store::new();
    until(&mut rows, &mut store, Store::is_complete).await;
    make(api, "t1", "1").await.unwrap();
    until(&mut rows, &mut store, |store| names(store).contains(&"t1".to_owned())).await;
    api.delete("t1", &DeleteParams::default()).await.unwrap();
    until(&mut rows, &mut store, |store| !names(store).contains(&"t1".to_owned())).await;
    let everywhere = api.client().all(Resource::CONFIG_MAPS);
    let table = everywhere.list_table(&ListParams::default(), IncludeObject::None).await.unwrap();
    assert!(table.rows.iter().all(|row| !row.meta.namespace.is_empty() && !row.meta.uid.is_empty()));
}

async fn pages(api: &Api) {
    for index in 0..5 {
        make(api, &format!("p{index}"), "1").await.unwrap();
    }
    let whole = api.list::<ConfigMap>(&ListParams { page_size: 2, ..ListParams::default() }).await.unwrap();
    assert!(whole.items.len() >= 5 && whole.cut.is_none());
    let cut = api.list_metadata::<Value>(&ListParams::default().at_most(2)).await.unwrap();
    assert_eq!(cut.items.len(), 2);
    assert_eq!(cut.cut, Some(Some(u64::try_from(whole.items.len() - 2).unwrap())));
}

async fn refused_log(client: &Client, namespace: &str) {
    let pods = client.namespaced(Resource::PODS, namespace);
    let told: Vec<_> = logs(&pods, "none", &LogParams::default()).collect().await;
    assert!(matches!(told.as_slice(), [Err(Error::NotFound(_))]), "{told:?}");
}
