//! The client's verdicts beside the API server's own, recorded by `verdicts/record.mjs` with a schema that uses the
//! features of well-known CRDs (cert-manager, CloudNativePG, Strimzi, Prometheus operator, Istio, Argo CD, Crossplane).

use rootcause_domain::pointer::Pointer;
use rootcause_domain::schema::{Node, check, locate};
use serde_json::{Value, json};

const RECORDED: &str = include_str!("verdicts/verdicts.json");

/// The patterns of the recording, by hand: the app asks the browser's regular expressions.
fn matches(pattern: &str, text: &str) -> Option<bool> {
    if pattern == "^[a-z]+$" {
        return Some(!text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase()));
    }
    Some(text.parse::<rootcause_domain::quantity::Quantity>().is_ok())
}

/// What only the API server knows: Kubernetes' idea of a host name is narrower than its words.
fn left_to_the_server(field: &str) -> bool {
    ["hostname"].contains(&field)
}

#[test]
fn the_client_finds_fault_where_the_api_server_does_and_nowhere_else() {
    let recorded: Value = serde_json::from_str(RECORDED).unwrap();
    let schema = json!({"type": "object", "properties": {"spec": recorded["schema"]}});
    let node = Node::new(&schema, &schema);
    let verdicts = recorded["verdicts"].as_array().unwrap();
    assert!(verdicts.len() > 150);
    for verdict in verdicts {
        let field = verdict["field"].as_str().unwrap();
        let object = json!({"spec": {field: verdict["value"]}});
        let ours: Vec<Pointer> =
            check(node, &object, &matches).into_iter().map(|issue| issue.pointer).collect();
        let theirs: Vec<Pointer> = verdict["causes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|cause| {
                let text = |key: &str| cause[key].as_str().unwrap();
                locate(node, &object, text("field"), text("message")).unwrap()
            })
            .collect();
        for pointer in &ours {
            assert!(theirs.contains(pointer), "{verdict}: {pointer} is fine by the server");
        }
        if !left_to_the_server(field) {
            assert_eq!(ours.is_empty(), theirs.is_empty(), "{verdict}: {ours:?}");
        }
    }
}
