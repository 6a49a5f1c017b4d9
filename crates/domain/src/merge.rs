//! Three-way merge of a document: what it was, what I made of it, what somebody else made of it meanwhile.
//!
//! Field by field: an edit of one side alone is taken, the same edit of both too, and where both edited one field
//! differently somebody has to choose. Lists whose items have keys are merged item by item, other lists as a whole.

use serde_json::{Map, Value};

use crate::pointer::Pointer;
use crate::schema::{Kind, ListType, Node};
use crate::sort;

/// A field that both sides edited differently.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Where; list items by their place among the merged ones.
    pub pointer: Pointer,
    pub base: Option<Value>,
    pub mine: Option<Value>,
    pub theirs: Option<Value>,
}

/// Whose value a conflict is settled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Mine,
    Theirs,
}

/// Both sides' edits together.
#[derive(Debug, Clone, PartialEq)]
pub struct Merge {
    merged: Merged,
    pub conflicts: Vec<Conflict>,
}

#[derive(Debug, Clone, PartialEq)]
enum Merged {
    Absent,
    Value(Value),
    Object(Vec<(String, Merged)>),
    List(Vec<Merged>),
    /// By its number.
    Conflict(usize),
}

impl Merge {
    /// The document with each conflict settled by the side at its number; mine where there is none.
    pub fn settled(&self, sides: &[Side]) -> Value {
        self.build(&self.merged, sides).unwrap_or_default()
    }

    fn build(&self, merged: &Merged, sides: &[Side]) -> Option<Value> {
        Some(match merged {
            Merged::Absent => return None,
            Merged::Value(value) => value.clone(),
            Merged::Object(fields) => {
                let build = |(key, it): &(String, Merged)| Some((key.clone(), self.build(it, sides)?));
                sort::object(fields.iter().filter_map(build))
            }
            Merged::List(items) => items.iter().filter_map(|it| self.build(it, sides)).collect(),
            Merged::Conflict(number) => {
                let conflict = &self.conflicts[*number];
                let side = match sides.get(*number) {
                    Some(Side::Theirs) => &conflict.theirs,
                    Some(Side::Mine) | None => &conflict.mine,
                };
                return side.clone();
            }
        })
    }
}

/// Merges what `mine` and `theirs` made of `base`. `node` is the documents' place in the schema, which tells how lists
/// are merged; without it they are merged as a whole.
pub fn merge(node: Option<Node<'_>>, base: &Value, mine: &Value, theirs: &Value) -> Merge {
    let mut conflicts = Vec::new();
    let sides = Sides { base: Some(base), mine: Some(mine), theirs: Some(theirs) };
    let merged = sides.merge(node, &Pointer::root(), &mut conflicts);
    Merge { merged, conflicts }
}

#[derive(Clone, Copy)]
struct Sides<'a> {
    base: Option<&'a Value>,
    mine: Option<&'a Value>,
    theirs: Option<&'a Value>,
}

impl<'a> Sides<'a> {
    fn map(self, find: impl Fn(&'a Value) -> Option<&'a Value>) -> Self {
        Self {
            base: self.base.and_then(&find),
            mine: self.mine.and_then(&find),
            theirs: self.theirs.and_then(find),
        }
    }

    fn merge(self, node: Option<Node<'_>>, at: &Pointer, conflicts: &mut Vec<Conflict>) -> Merged {
        let Self { base, mine, theirs } = self;
        let whole = |value: Option<&Value>| value.cloned().map_or(Merged::Absent, Merged::Value);
        if mine == theirs || theirs == base {
            return whole(mine);
        }
        if mine == base {
            return whole(theirs);
        }
        let atomic = node.is_some_and(Node::is_atomic);
        if let (Some(Value::Object(my)), Some(Value::Object(their))) = (mine, theirs)
            && base.is_none_or(Value::is_object)
            && !atomic
        {
            return self.objects(node, at, my, their, conflicts);
        }
        if let Some(merged) = node.and_then(|node| self.lists(node, at, conflicts)) {
            return merged;
        }
        let own = |value: Option<&Value>| value.cloned();
        conflicts.push(Conflict {
            pointer: at.clone(),
            base: own(base),
            mine: own(mine),
            theirs: own(theirs),
        });
        Merged::Conflict(conflicts.len() - 1)
    }

    fn objects(
        self,
        node: Option<Node<'_>>,
        at: &Pointer,
        my: &Map<String, Value>,
        their: &Map<String, Value>,
        conflicts: &mut Vec<Conflict>,
    ) -> Merged {
        let new = my.keys().filter(|key| !their.contains_key(*key));
        let keys = their.keys().chain(new);
        let field = |key: &String| {
            let inner = node.and_then(|node| node.child(key));
            let merged = self.map(|value| value.get(key)).merge(inner, &at.child(key), conflicts);
            (key.clone(), merged)
        };
        Merged::Object(keys.map(field).collect())
    }

    /// Lists whose items can be told apart, in their order; mine at the end. `None` where they cannot, or where one side
    /// has another order.
    fn lists(self, node: Node<'_>, at: &Pointer, conflicts: &mut Vec<Conflict>) -> Option<Merged> {
        let Kind::List(kind) = node.kind() else { return None };
        let keys = node.list_keys();
        let list = |value: Option<&'a Value>| -> Option<Vec<(String, &'a Value)>> {
            let Some(value) = value else { return Some(Vec::new()) };
            let mut named: Vec<(String, &Value)> = Vec::new();
            for item in value.as_array()? {
                let name = match kind {
                    ListType::Atomic => return None,
                    ListType::Set => item.to_string(),
                    ListType::Map => {
                        let mut name = String::new();
                        for key in &keys {
                            name.push_str(&item.get(key)?.to_string());
                        }
                        name
                    }
                };
                // Two of a name: they cannot be told apart.
                if named.iter().any(|(known, _)| *known == name) {
                    return None;
                }
                named.push((name, item));
            }
            Some(named)
        };
        let (base, mine, theirs) = (list(self.base)?, list(self.mine)?, list(self.theirs)?);
        let order = |of: &[(String, &Value)], other: &[(String, &Value)]| -> Vec<String> {
            let known = |name: &String| other.iter().any(|(one, _)| one == name);
            of.iter().map(|(name, _)| name.clone()).filter(known).collect()
        };
        for (one, other) in [(&mine, &base), (&theirs, &base), (&mine, &theirs)] {
            if order(one, other) != order(other, one) {
                return None;
            }
        }
        let find = |list: &[(String, &'a Value)], name: &str| {
            list.iter().find(|(one, _)| one == name).map(|(_, value)| *value)
        };
        let names = theirs.iter().chain(mine.iter().filter(|(name, _)| find(&theirs, name).is_none()));
        let mut items = Vec::new();
        for (name, _) in names {
            let sides =
                Self { base: find(&base, name), mine: find(&mine, name), theirs: find(&theirs, name) };
            let merged = sides.merge(node.items(), &at.child(items.len().to_string()), conflicts);
            if merged != Merged::Absent {
                items.push(merged);
            }
        }
        Some(Merged::List(items))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::form::edits;
    use crate::pointer::tests::any_json;

    fn schema() -> Value {
        json!({"properties": {
            "users": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["email"],
                "items": {"properties": {"email": {}, "admin": {}}}},
            "names": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
            "whole": {"type": "object", "x-kubernetes-map-type": "atomic", "properties": {"a": {}}},
        }})
    }

    #[test]
    fn edits_of_both_sides_come_together() {
        let schema = schema();
        let check = |base: Value, mine: Value, theirs: Value, merged: Value, conflicts: &[&str]| {
            let merge = merge(Some(Node::new(&schema, &schema)), &base, &mine, &theirs);
            let found: Vec<String> = merge.conflicts.iter().map(|it| it.pointer.to_string()).collect();
            assert_eq!(
                (merge.settled(&[]), found),
                (merged, conflicts.iter().map(|it| (*it).to_owned()).collect())
            );
        };
        check(json!({"a": 1, "b": 1}), json!({"a": 2, "b": 1}), json!({"a": 1}), json!({"a": 2}), &[]);
        check(json!({"a": 1}), json!({"a": 2}), json!({"a": 2, "c": 3}), json!({"a": 2, "c": 3}), &[]);
        check(json!({"a": 1}), json!({"a": 2}), json!({"a": 3}), json!({"a": 2}), &["/a"]);
        check(json!({"a": {"b": 1}}), json!({}), json!({"a": {"b": 2}}), json!({}), &["/a"]);
        check(json!({}), json!({"a": {"b": 1}}), json!({"a": {"c": 1}}), json!({"a": {"b": 1, "c": 1}}), &[]);
        check(
            json!({"users": [{"email": "a"}, {"email": "b"}]}),
            json!({"users": [{"email": "a", "admin": true}, {"email": "b"}, {"email": "c"}]}),
            json!({"users": [{"email": "d"}, {"email": "a"}]}),
            json!({"users": [{"email": "d"}, {"email": "a", "admin": true}, {"email": "c"}]}),
            &[],
        );
        check(
            json!({"users": [{"email": "a"}]}),
            json!({"users": [{"email": "a", "admin": true}]}),
            json!({"users": [{"email": "x"}, {"email": "a", "admin": false}]}),
            json!({"users": [{"email": "x"}, {"email": "a", "admin": true}]}),
            &["/users/1/admin"],
        );
        check(
            json!({"names": ["a", "b"]}),
            json!({"names": ["b", "c"]}),
            json!({"names": ["a", "b", "d"]}),
            json!({"names": ["b", "d", "c"]}),
            &[],
        );
        check(
            json!({"whole": {"a": 1}}),
            json!({"whole": {"a": 2}}),
            json!({"whole": {"a": 1, "b": 1}}),
            json!({"whole": {"a": 2}}),
            &["/whole"],
        );
        check(
            json!({"list": [1]}),
            json!({"list": [1, 2]}),
            json!({"list": [3, 1]}),
            json!({"list": [1, 2]}),
            &["/list"],
        );
    }

    #[test]
    fn a_conflict_is_settled_by_whose_side_was_chosen() {
        let merge = merge(None, &json!({"a": 1, "b": 1}), &json!({"a": 2}), &json!({"a": 3, "b": 2}));
        assert_eq!(merge.settled(&[Side::Theirs, Side::Mine]), json!({"a": 3}));
        assert_eq!(merge.settled(&[Side::Mine, Side::Theirs]), json!({"a": 2, "b": 2}));
    }

    /// Documents with lists of all kinds, alike enough to collide.
    fn any_document() -> impl Strategy<Value = Value> {
        let user = ("[a-c]", prop::option::of(any::<bool>()))
            .prop_map(|(email, admin)| json!({"email": email, "admin": admin}));
        let free = prop::collection::btree_map("[a-b]", any_json(), 0..3);
        (prop::collection::vec(user, 0..4), prop::collection::vec("[a-c]", 0..4), free).prop_map(
            |(users, names, free)| json!({"users": users, "names": names, "whole": free, "free": free}),
        )
    }

    proptest! {
        #[test]
        fn no_edit_of_either_side_is_dropped_unasked(
            base in any_document(), mine in any_document(), theirs in any_document(), free in any_json(),
        ) {
            let schema = schema();
            for node in [None, Some(Node::new(&schema, &schema))] {
                prop_assert_eq!(merge(node, &base, &mine, &base).settled(&[]), mine.clone());
                prop_assert_eq!(merge(node, &base, &base, &theirs).settled(&[]), theirs.clone());
                prop_assert_eq!(merge(node, &base, &mine, &mine).settled(&[]), mine.clone());
                let both = merge(node, &base, &mine, &theirs);
                let merged = both.settled(&[]);
                let settled_theirs = both.settled(&vec![Side::Theirs; both.conflicts.len()]);
                // Every edit outside of lists is in the result, or somebody is asked.
                for (side, result) in [(&mine, &merged), (&theirs, &settled_theirs)] {
                    for edit in edits(&base, side) {
                        let asked = both.conflicts.iter().any(|it| {
                            it.pointer.is_within(&edit.pointer) || edit.pointer.is_within(&it.pointer)
                        });
                        let list = edit.value.as_ref().is_some_and(Value::is_array);
                        prop_assert!(asked || list || edit.pointer.get(result) == edit.value.as_ref()
                            || edit.value.as_ref().is_some_and(Value::is_object));
                    }
                }
                // Items of keyed lists, too: what one side added is there; what one side removed and the other left is gone.
                if let Some(node) = node {
                    prop_assert!(node.property("users").is_some());
                    let names = |it: &Value| it["names"].as_array().cloned().unwrap_or_default();
                    let asked = both.conflicts.iter().any(|it| it.pointer == Pointer::of(["names"]));
                    for name in names(&mine).iter().chain(&names(&theirs)) {
                        let added = !names(&base).contains(name);
                        prop_assert!(asked || !added || names(&merged).contains(name));
                    }
                }
            }
            let _ = merge(Some(Node::new(&free, &free)), &base, &mine, &free);
        }
    }
}
