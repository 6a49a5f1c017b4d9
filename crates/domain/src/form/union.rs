//! The forms that an object may have: the branches of its `oneOf`s and `anyOf`s, told apart by the fields that each asks
//! for, or by the value of one field.

use serde_json::{Map, Value};

use super::field::{label, shown};
use crate::schema::{Kind, Node};

/// Forms of an object of which one, or at least one, has to be taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Union {
    /// Just one of the forms may be there (`oneOf`), not several (`anyOf`).
    pub exclusive: bool,
    /// None of them is fine, too.
    pub optional: bool,
    /// The field whose value says no more than which of the forms it is.
    pub told_by: Option<String>,
    pub forms: Vec<Form>,
}

/// One of the forms.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// What it is called: by its title, its value, or the fields that it asks for.
    pub title: String,
    /// The fields that have to be there.
    pub asks: Vec<String>,
    /// The fields that it has and not all of the others do.
    pub own: Vec<String>,
    /// The field that tells it from the others, and its value there.
    pub told_by: Option<(String, Value)>,
}

/// What was taken out of an object with the forms that were left, by name.
pub type Kept = Map<String, Value>;

/// Forms that a union may have to be chosen from: each is compared with each.
const FORMS: usize = 50;

/// The unions of the object at `node`; only those whose forms can be told apart.
pub fn unions(node: Node<'_>) -> Vec<Union> {
    if node.kind() != Kind::Object {
        return Vec::new();
    }
    let keywords = [("oneOf", true), ("anyOf", false)];
    let holders = std::iter::once(node).chain(node.branches("allOf"));
    holders
        .flat_map(|holder| {
            keywords.into_iter().filter_map(move |(keyword, exclusive)| {
                let branches: Vec<_> = holder.branches(keyword).take(FORMS + 1).collect();
                if branches.len() > FORMS { None } else { union(node, branches, exclusive) }
            })
        })
        .collect()
}

fn union(node: Node<'_>, branches: Vec<Node<'_>>, exclusive: bool) -> Option<Union> {
    let asks = |branch: Node<'_>| -> Vec<String> {
        let names = branch.list("required").iter().filter_map(Value::as_str);
        names.filter(|name| node.property(name).is_some()).map(str::to_owned).collect()
    };
    // A branch that only excludes fields is that of none of them.
    let (none, branches): (Vec<Node<'_>>, Vec<Node<'_>>) = branches
        .into_iter()
        .partition(|it| asks(*it).is_empty() && it.declared().is_empty() && it.keyword("not").is_some());
    let teller = branches.first()?.declared().into_iter().find(|name| {
        let values: Vec<_> = branches.iter().map(|it| only_value(*it, name)).collect();
        values.iter().enumerate().all(|(at, it)| it.is_some() && !values[..at].contains(it))
    });
    let mentioned = |branch: Node<'_>| {
        let mut names = asks(branch);
        let declared = branch.declared().into_iter().filter(|name| node.property(name).is_some());
        let new: Vec<String> =
            declared.filter(|name| !names.iter().any(|it| it == name)).map(str::to_owned).collect();
        names.extend(new);
        names
    };
    let all: Vec<Vec<String>> = branches.iter().map(|it| mentioned(*it)).collect();
    let common = |name: &String| all.iter().all(|names| names.contains(name));
    let form = |(branch, names): (&Node<'_>, &Vec<String>)| {
        let asks = asks(*branch);
        let told_by = teller.and_then(|name| Some((name.to_owned(), only_value(*branch, name)?.clone())));
        let called = |name: &String| node.property(name).map_or_else(|| name.clone(), |it| label(it, name));
        let title = match &told_by {
            _ if !branch.title().is_empty() => branch.title().to_owned(),
            Some((_, value)) => shown(value),
            None => asks.iter().map(called).collect::<Vec<_>>().join(" and "),
        };
        let own = names.iter().filter(|it| !common(it)).cloned().collect();
        Form { title, asks, own, told_by }
    };
    let forms: Vec<Form> = branches.iter().zip(&all).map(form).collect();
    let apart = forms.iter().enumerate().all(|(at, form)| {
        !form.title.is_empty() && forms[..at].iter().all(|other| other.title != form.title)
    });
    let optional = !none.is_empty();
    let told_by = teller.filter(|name| {
        let choices = node.property(name).map(Node::choices).unwrap_or_default();
        let covered =
            |it: &&Value| forms.iter().any(|form| form.told_by.as_ref().is_some_and(|told| told.1 == **it));
        exclusive && !optional && choices.iter().all(covered)
    });
    let told_by = told_by.map(str::to_owned);
    (forms.len() > 1 && apart).then_some(Union { exclusive, optional, told_by, forms })
}

/// The only value that a branch lets the field `name` have.
fn only_value<'a>(branch: Node<'a>, name: &str) -> Option<&'a Value> {
    let field = branch.property(name)?;
    match field.list("enum") {
        [only] => Some(only),
        _ => field.keyword("const"),
    }
}

impl Union {
    /// How many of the forms there have to be, in words.
    pub fn words(&self) -> &'static str {
        match (self.exclusive, self.optional) {
            (true, false) => "Exactly one of",
            (true, true) => "At most one of",
            (false, false) => "At least one of",
            (false, true) => "Any of",
        }
    }

    /// The forms that `object` has, by their numbers; none where that is not clear.
    pub fn taken(&self, node: Node<'_>, object: Option<&Value>) -> Vec<usize> {
        let value = |name: &str| {
            let given = object.and_then(|it| it.get(name)).filter(|it| !it.is_null());
            given.or_else(|| node.property(name)?.default())
        };
        let has = |name: &String| object.is_some_and(|it| it.get(name).is_some());
        let told = |it: &Form| it.told_by.as_ref().map(|(name, wanted)| value(name) == Some(wanted));
        let numbers = |fits: &dyn Fn(&Form) -> bool| -> Vec<usize> {
            self.forms.iter().enumerate().filter(|(_, it)| fits(it)).map(|(number, _)| number).collect()
        };
        let whole = numbers(&|it| told(it).unwrap_or_else(|| it.asks.iter().all(has)));
        let begun = || numbers(&|it| it.told_by.is_none() && it.own.iter().any(has));
        match whole.as_slice() {
            _ if !self.exclusive => {
                let mut taken = whole;
                taken.extend(begun());
                crate::sort::by(&mut taken, Ord::cmp);
                taken.dedup();
                taken
            }
            [] => Some(begun()).filter(|it| it.len() == 1).unwrap_or_default(),
            [_] => whole,
            // One that asks for all that the others do, and more.
            [..] => {
                let most = |it: &&usize| {
                    let of = |number: usize| &self.forms[number].asks;
                    whole.iter().all(|other| {
                        other == *it
                            || of(*other).len() < of(**it).len()
                                && of(*other).iter().all(|one| of(**it).contains(one))
                    })
                };
                whole.iter().find(most).map(|it| vec![*it]).unwrap_or_default()
            }
        }
    }

    /// Whether the field `name` belongs to forms, and to none of those that are `taken`.
    pub fn leaves_out(&self, name: &str, taken: &[usize]) -> bool {
        let mentions = |it: &Form| it.own.iter().chain(&it.asks).any(|own| own == name);
        self.forms.iter().any(|it| it.own.iter().any(|own| own == name))
            && !taken.iter().any(|number| self.forms.get(*number).is_some_and(mentions))
    }

    /// Gives `object` just the forms `taken`: what belongs to others is moved to `kept`, what was kept of these comes
    /// back, and objects that they ask for are begun.
    pub fn take(&self, node: Node<'_>, taken: &[usize], object: &mut Value, kept: &mut Kept) {
        if !object.is_object() {
            *object = Value::Object(Map::new());
        }
        let Some(fields) = object.as_object_mut() else { return };
        let left = self.forms.iter().flat_map(|it| &it.own).filter(|name| self.leaves_out(name, taken));
        for name in left {
            if let Some(value) = fields.remove(name) {
                kept.insert(name.clone(), value);
            }
        }
        for form in taken.iter().filter_map(|number| self.forms.get(*number)) {
            if let Some((name, value)) = &form.told_by {
                fields.insert(name.clone(), value.clone());
            }
            for name in form.asks.iter().chain(&form.own) {
                let value = match kept.remove(name) {
                    Some(value) => value,
                    None if form.asks.contains(name) && begins_empty(node, name) => Value::Object(Map::new()),
                    None => continue,
                };
                if !fields.contains_key(name) {
                    fields.insert(name.clone(), value);
                }
            }
        }
    }
}

/// Whether a field is there as soon as it is an empty object.
fn begins_empty(node: Node<'_>, name: &str) -> bool {
    node.property(name).is_some_and(|it| match it.kind() {
        Kind::Object | Kind::Map => true,
        Kind::Any => it.type_name() == "object",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The unions of a schema, one line each: words, then the forms with what they have of their own.
    fn told(schema: &Value) -> Vec<String> {
        let forms = |it: &Union| {
            let forms = it.forms.iter().map(|it| format!("{} [{}]", it.title, it.own.join(" ")));
            format!("{}: {}", it.words(), forms.collect::<Vec<_>>().join(", "))
        };
        unions(Node::new(schema, schema)).iter().map(forms).collect()
    }

    fn schema(more: Value) -> Value {
        let object = || json!({"type": "object", "properties": {"x": {"type": "string"}}});
        let mut schema = json!({"type": "object", "properties": {
            "acme": object(), "selfSigned": object(), "vault": object(), "name": {"type": "string"},
            "type": {"type": "string", "enum": ["internal", "route", "loadBalancer"]}, "port": {"type": "integer"},
        }});
        crate::pointer::apply_merge_patch(&mut schema, &more);
        schema
    }

    #[test]
    fn forms_are_told_apart_by_what_they_ask_for() {
        let check = |more: Value, expect: &[&str]| assert_eq!(told(&schema(more.clone())), expect, "{more}");
        check(
            json!({"oneOf": [{"required": ["acme"]}, {"required": ["selfSigned"]}]}),
            &["Exactly one of: Acme [acme], Self signed [selfSigned]"],
        );
        check(
            json!({"oneOf": [{"not": {"anyOf": [{"required": ["acme"]}, {"required": ["vault"]}]}},
                {"required": ["acme"]}, {"properties": {"vault": {}}, "required": ["vault"]}]}),
            &["At most one of: Acme [acme], Vault [vault]"],
        );
        // A name, or an object and its port: each excludes the other.
        check(
            json!({"oneOf": [{"required": ["name"], "not": {"required": ["acme"]}},
                {"required": ["acme", "port"], "not": {"required": ["name"]}}]}),
            &["Exactly one of: Name [name], Acme and Port [acme port]"],
        );
        check(
            json!({"anyOf": [{"required": ["acme"]}, {"required": ["vault"]}]}),
            &["At least one of: Acme [acme], Vault [vault]"],
        );
        // Several choices of one object.
        check(
            json!({"allOf": [{"oneOf": [{"required": ["acme"]}, {"required": ["vault"]}]},
                {"anyOf": [{"required": ["name"]}, {"required": ["port"]}]}]}),
            &["Exactly one of: Acme [acme], Vault [vault]", "At least one of: Name [name], Port [port]"],
        );
        // By the value of a field.
        check(
            json!({"oneOf": [{"properties": {"type": {"enum": ["internal"]}}, "required": ["type"]},
                {"properties": {"type": {"enum": ["route"]}, "port": {"minimum": 1}}, "required": ["type", "port"]}]}),
            &["Exactly one of: internal [], route [port]"],
        );
        check(
            json!({"oneOf": [{"title": "By hand", "required": ["name"]}, {"required": ["acme"]}]}),
            &["Exactly one of: By hand [name], Acme [acme]"],
        );
        // Nothing to choose by.
        check(json!({"anyOf": [{"minProperties": 1}, {"maxProperties": 3}]}), &[]);
        check(json!({"oneOf": [{"required": ["acme"]}]}), &[]);
        check(json!({"oneOf": [{"required": ["nowhere"]}, {"required": ["acme"]}]}), &[]);
        check(json!({"oneOf": [{"required": ["acme"]}, {"required": ["acme"]}]}), &[]);
        check(
            json!({"type": "string", "properties": null, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            &[],
        );
    }

    #[test]
    fn an_object_tells_which_forms_it_has() {
        let check = |more: Value, object: Value, expect: &[usize]| {
            let schema = schema(more);
            let node = Node::new(&schema, &schema);
            assert_eq!(unions(node)[0].taken(node, Some(&object)), expect, "{object}");
        };
        let one = json!({"oneOf": [{"required": ["acme"]}, {"required": ["vault"]}]});
        check(one.clone(), json!({}), &[]);
        check(one.clone(), json!({"vault": {}}), &[1]);
        check(one, json!({"vault": {}, "acme": {}}), &[]);
        let any = json!({"anyOf": [{"required": ["acme"]}, {"required": ["vault", "port"]}]});
        check(any.clone(), json!({"vault": {}}), &[1]);
        check(any, json!({"vault": {}, "acme": {}}), &[0, 1]);
        let more = json!({"oneOf": [{"required": ["acme"]}, {"required": ["acme", "port"]}]});
        check(more.clone(), json!({"acme": {}}), &[0]);
        check(more, json!({"acme": {}, "port": 1}), &[1]);
        let told = json!({"properties": {"type": {"default": "route"}}, "oneOf": [
            {"properties": {"type": {"enum": ["internal"]}}}, {"properties": {"type": {"enum": ["route"]}}}]});
        check(told.clone(), json!({"type": "internal"}), &[0]);
        check(told.clone(), json!({}), &[1]);
        check(told, json!({"type": "loadBalancer"}), &[]);
    }

    #[test]
    fn what_is_left_is_kept_and_comes_back() {
        let schema = schema(
            json!({"oneOf": [{"required": ["acme"]}, {"required": ["vault", "name"]}, {"required": ["selfSigned"]}]}),
        );
        let node = Node::new(&schema, &schema);
        let union = &unions(node)[0];
        let mut object = json!({"acme": {"x": "a"}, "port": 1, "unknown": true});
        let mut kept = Kept::new();
        union.take(node, &[1], &mut object, &mut kept);
        // A text is for the user to fill in, an object may be all that there is to say.
        assert_eq!(object, json!({"vault": {}, "port": 1, "unknown": true}));
        object["name"] = json!("n");
        union.take(node, &[2], &mut object, &mut kept);
        assert_eq!(object, json!({"selfSigned": {}, "port": 1, "unknown": true}));
        union.take(node, &[0], &mut object, &mut kept);
        assert_eq!(object, json!({"acme": {"x": "a"}, "port": 1, "unknown": true}));
        union.take(node, &[1], &mut object, &mut kept);
        assert_eq!(object, json!({"vault": {}, "name": "n", "port": 1, "unknown": true}));
        union.take(node, &[], &mut object, &mut kept);
        assert_eq!(object, json!({"port": 1, "unknown": true}));
    }

    proptest! {
        #[test]
        fn going_to_another_form_and_back_changes_nothing_and_loses_nothing(
            schema in crate::schema::tests::any_schema(), object in crate::pointer::tests::any_json(), to in 0..3_usize,
        ) {
            let node = Node::new(&schema, &schema);
            for union in unions(node) {
                let from = union.taken(node, Some(&object));
                let (mut there, mut kept) = (object.clone(), Kept::new());
                union.take(node, &[to % union.forms.len()], &mut there, &mut kept);
                for (name, value) in object.as_object().into_iter().flatten() {
                    prop_assert!(there.get(name) == Some(value) || kept.get(name) == Some(value)
                        || union.forms.iter().any(|it| it.told_by.as_ref().is_some_and(|(told, _)| told == name)));
                }
                union.take(node, &from, &mut there, &mut kept);
                if from.len() == 1 {
                    for (name, value) in object.as_object().into_iter().flatten() {
                        prop_assert!(there.get(name) == Some(value) || union.leaves_out(name, &from));
                    }
                }
            }
        }
    }
}
