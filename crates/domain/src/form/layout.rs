//! Where fields stand: the sections of the operations guide for what the contract knows, a place of its own for every
//! other field that the cluster's schema has.

use super::field::{Field, label};
use crate::contract::{Concept, Contract};
use crate::pointer::Pointer;
use crate::schema::Node;

/// A section of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    /// For links and headings: `general`, `components` …, a field's name.
    pub id: String,
    pub title: String,
    /// Objects whose forms are chosen here, since their fields stand in several sections.
    pub choices: Vec<Field>,
    pub groups: Vec<Group>,
}

impl Section {
    fn new(id: &str, title: &str, groups: Vec<Group>) -> Self {
        Self { id: id.to_owned(), title: title.to_owned(), choices: Vec::new(), groups }
    }
}

/// Fields that belong together, such as one component's.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Empty for a section's own fields.
    pub title: String,
    pub fields: Vec<Field>,
}

/// The sections of the guide.
const SECTIONS: [(&str, &str); 5] = [
    ("general", "General"),
    ("components", "Components"),
    ("dependencies", "Dependencies"),
    ("authentication", "Authentication"),
    ("advanced", "Advanced"),
];

/// A concept's place: the section's number, the group within it, the label.
type Hint = (Concept, usize, &'static str, &'static str);

const HINTS: [Hint; 27] = [
    (Concept::TargetVersion, 0, "", "Version"),
    (Concept::StorageClass, 0, "", "Storage class"),
    (Concept::ImagePullSecret, 0, "", "Image pull secret"),
    (Concept::Host, 0, "", "Host"),
    (Concept::Ingress, 0, "", "Ingress"),
    (Concept::PlatformReplicas, 1, "Platform", "Replicas"),
    (Concept::PlatformResources, 1, "Platform", "Resources"),
    (Concept::DataServiceReplicas, 1, "Data Service", "Replicas"),
    (Concept::DataServiceResources, 1, "Data Service", "Resources"),
    (Concept::MlJobsReplicas, 1, "ML Jobs", "Replicas"),
    (Concept::MlJobsResources, 1, "ML Jobs", "Resources"),
    (Concept::MongodbMembers, 2, "MongoDB", "Members"),
    (Concept::MongodbStorage, 2, "MongoDB", "Storage"),
    (Concept::MongodbResources, 2, "MongoDB", "Resources"),
    (Concept::PostgresqlReadReplicas, 2, "PostgreSQL", "Read replicas"),
    (Concept::PostgresqlStorage, 2, "PostgreSQL", "Storage"),
    (Concept::PostgresqlResources, 2, "PostgreSQL", "Resources"),
    (Concept::RedisResources, 2, "Redis", "Resources"),
    (Concept::AuthMode, 3, "", "Mode"),
    (Concept::OidcIssuer, 3, "Identity provider", "Issuer"),
    (Concept::OidcClientId, 3, "Identity provider", "Client ID"),
    (Concept::OidcClientSecret, 3, "Identity provider", "Client secret"),
    (Concept::Users, 3, "", "Users"),
    (Concept::PlatformAdminEmails, 3, "", "Platform admin emails"),
    (Concept::RawOverridesPlatform, 4, "Raw Helm Overrides", "Platform"),
    (Concept::RawOverridesDependencies, 4, "Raw Helm Overrides", "Dependencies"),
    (Concept::ResourcePatches, 4, "", "Resource Patches"),
];

/// The section of plain fields that nothing else claims.
const OTHER: (&str, &str) = ("other", "Other settings");

/// The section in which the forms of objects are chosen whose fields stand in several sections.
const FORMS: (&str, &str) = ("forms", "Alternatives");

/// The form of a custom resource with the schema at `root`: every field of its configuration once. Undeploy is no
/// setting and has a place of its own.
pub fn sections(root: Node<'_>, contract: &Contract) -> Vec<Section> {
    let mut sections: Vec<Section> =
        SECTIONS.iter().map(|(id, title)| Section::new(id, title, Vec::new())).collect();
    let mut claimed: Vec<(Pointer, Option<(usize, &'static str)>)> = Vec::new();
    for (concept, section, group, label) in HINTS {
        let Some(pointer) = contract.pointer(concept) else { continue };
        // Where the schema lacks it there is nothing to fill in.
        let Some(node) = root.at(pointer) else { continue };
        let required = parent_requires(root, pointer);
        let mut field = Field::new(node, pointer.clone(), label.to_owned(), required);
        field.concept = Some(concept);
        group_of(&mut sections[section], group).fields.push(field);
        claimed.push((pointer.clone(), Some((section, group))));
    }
    let undeploy = contract.pointer(Concept::Undeploy).filter(|it| root.at(it).is_some());
    claimed.extend(undeploy.map(|pointer| (pointer.clone(), None)));

    let mut rest = Rest {
        claimed: &claimed,
        sections: &mut sections,
        own: Vec::new(),
        other: Vec::new(),
        choices: Vec::new(),
    };
    for name in root.names() {
        if !["apiVersion", "kind", "metadata", "status"].contains(&name)
            && let Some(node) = root.property(name)
        {
            rest.place(node, Pointer::of([name]), name, root.requires(name), None, 0);
        }
    }
    let Rest { own, other, choices, .. } = rest;
    if !choices.is_empty() {
        sections.push(Section { choices, ..Section::new(FORMS.0, FORMS.1, Vec::new()) });
    }
    sections.extend(own);
    if !other.is_empty() {
        let groups = vec![Group { title: String::new(), fields: other }];
        sections.push(Section::new(OTHER.0, OTHER.1, groups));
    }
    sections.retain(|section| !section.groups.is_empty() || !section.choices.is_empty());
    sections
}

fn parent_requires(root: Node<'_>, pointer: &Pointer) -> bool {
    let (Some(last), Some(parent)) = (pointer.tokens().last(), pointer.parent()) else { return false };
    root.at(&parent).is_some_and(|node| node.requires(last))
}

fn group_of<'a>(section: &'a mut Section, title: &str) -> &'a mut Group {
    let at = section.groups.iter().position(|group| group.title == title).unwrap_or_else(|| {
        section.groups.push(Group { title: title.to_owned(), fields: Vec::new() });
        section.groups.len() - 1
    });
    &mut section.groups[at]
}

/// What no concept claims.
struct Rest<'a> {
    claimed: &'a [(Pointer, Option<(usize, &'static str)>)],
    sections: &'a mut Vec<Section>,
    own: Vec<Section>,
    other: Vec<Field>,
    choices: Vec<Field>,
}

impl Rest<'_> {
    /// Finds a place for the field at `pointer`: beside claimed fields of the same object, else in a section of its own.
    fn place(
        &mut self,
        node: Node<'_>,
        pointer: Pointer,
        name: &str,
        required: bool,
        beside: Option<(usize, &'static str)>,
        depth: usize,
    ) {
        if self.claimed.iter().any(|(claimed, _)| pointer.is_within(claimed)) {
            return;
        }
        let within: Vec<_> = self.claimed.iter().filter(|(claimed, _)| claimed.is_within(&pointer)).collect();
        // The object around all configuration is opened in any case.
        if !within.is_empty() || (depth == 0 && !node.names().is_empty()) {
            // Fields right beside those of one group belong to it; otherwise beside those of one section, to that.
            let places: Vec<(usize, &'static str)> = within.iter().filter_map(|it| it.1).collect();
            let first = places.first().copied();
            let right_beside = within.iter().any(|it| it.0.tokens().len() == pointer.tokens().len() + 1);
            let same_group = first.filter(|first| right_beside && places.iter().all(|place| place == first));
            let same_section =
                first.filter(|first| places.iter().all(|place| place.0 == first.0)).map(|it| (it.0, ""));
            let inner = same_group.or(same_section).filter(|_| depth > 0).or(beside);
            let opened = Field::new(node, pointer.clone(), label(node, name), required);
            if !opened.unions.is_empty() {
                self.choices.push(opened);
            }
            for name in node.names() {
                if let Some(child) = node.property(name) {
                    self.place(child, pointer.child(name), name, node.requires(name), inner, depth + 1);
                }
            }
            return;
        }
        let field = Field::new(node, pointer, label(node, name), required);
        match beside {
            Some((section, group)) => group_of(&mut self.sections[section], group).fields.push(field),
            None if field.is_group() => {
                let taken = self.sections.iter().chain(&self.own).any(|section| section.id == name);
                let id = if taken { format!("field-{name}") } else { name.to_owned() };
                let title = field.label.clone();
                let groups = vec![Group { title: String::new(), fields: vec![field] }];
                self.own.push(Section::new(&id, &title, groups));
            }
            None => self.other.push(field),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::form::{apply, choice_key, edits, parse, set};

    fn laid(schema: &Value, contract: &Contract) -> Vec<String> {
        let mut lines = Vec::new();
        for section in sections(Node::new(schema, schema), contract) {
            for group in section.groups {
                let fields: Vec<String> = group.fields.into_iter().map(|it| it.label).collect();
                lines.push(format!("{}/{}: {}", section.id, group.title, fields.join(", ")));
            }
        }
        lines
    }

    #[test]
    fn every_field_stands_somewhere_and_strangers_stand_with_their_neighbours() {
        let text = || json!({"type": "string"});
        let object = |fields: Value| json!({"type": "object", "properties": fields});
        let schema = object(json!({
            "metadata": {}, "kind": {}, "apiVersion": {}, "status": object(json!({"phase": text()})),
            "spec": object(json!({
                "version": text(), "undeploy": {"type": "boolean"}, "proxyUrl": text(),
                "components": object(json!({
                    "platform": object(json!({"replicas": {"type": "integer"}, "logLevel": text()})),
                    "search": object(json!({"replicas": {"type": "integer"}})),
                })),
                "dependencies": object(json!({"mongodb": object(json!({"members": {"type": "integer"}}))})),
                "backup": object(json!({"schedule": text()})),
                "general": {"type": "array", "items": text()},
            })),
        }));
        assert_eq!(
            laid(&schema, &Contract::builtin()),
            [
                "general/: Version",
                "components/Platform: Replicas, Log level",
                "components/: Search",
                "dependencies/MongoDB: Members",
                "backup/: Backup",
                "field-general/: General",
                "other/: Proxy URL",
            ]
        );
        // Whose configuration is a list.
        let list = object(json!({"spec": {"type": "array", "items": object(json!({"name": text()}))}}));
        assert_eq!(laid(&list, &Contract::builtin()), ["spec/: Spec"]);
        let without = Contract::builtin().with_overrides([(Concept::TargetVersion, None)]);
        assert!(laid(&schema, &without).contains(&"other/: Proxy URL, Version".to_owned()));
    }

    #[test]
    fn the_forms_of_what_is_spread_over_sections_are_chosen_in_one_of_their_own() {
        let object = || json!({"type": "object", "properties": {"x": {"type": "string"}}});
        let schema = json!({"properties": {"spec": {"type": "object",
            "properties": {"managed": object(), "external": object(), "host": {"type": "string"}},
            "oneOf": [{"required": ["managed"]}, {"required": ["external"]}]}}});
        let sections = sections(Node::new(&schema, &schema), &Contract::builtin());
        let titles: Vec<_> = sections.iter().map(|it| (it.title.as_str(), it.choices.len())).collect();
        assert_eq!(titles, [("General", 0), ("Alternatives", 1), ("External", 0), ("Managed", 0)]);
    }

    proptest! {
        #[test]
        fn no_schema_breaks_the_form(schema in crate::schema::tests::any_schema(), draft in crate::pointer::tests::any_json()) {
            let schema = json!({"properties": {"spec": schema, "a": {"properties": {"a": schema}}}});
            let root = Node::new(&schema, &schema);
            let contract = Contract::builtin().with_overrides([(Concept::Host, Pointer::parse("/a/a/b").ok())]);
            let mut open: Vec<(Field, usize)> = sections(root, &contract)
                .into_iter()
                .flat_map(|section| section.groups.into_iter().flat_map(|group| group.fields))
                .map(|field| (field, 0))
                .collect();
            while let Some((field, depth)) = open.pop() {
                // An edit of any field comes to the draft, is written as it is, and can be taken back.
                let value = parse(field.kind, "1", None).unwrap_or_else(|| field.blank(root));
                let mut edited = draft.clone();
                set(&mut edited, &field.pointer, value.clone());
                prop_assert_eq!(field.pointer.get(&edited), Some(&value));
                let mut made = draft.clone();
                apply(&edits(&draft, &edited), &mut made);
                prop_assert_eq!(&made, &edited);
                for choice in &field.choices {
                    let key = choice_key(&field.choices, choice);
                    prop_assert_eq!(field.choices.iter().find(|it| choice_key(&field.choices, it) == key), Some(choice));
                }
                // Schemas that refer to themselves have no end.
                if depth < 4 {
                    open.extend(field.children(root, &draft).into_iter().map(|it| (it, depth + 1)));
                }
            }
            let _ = super::super::search(root, &draft, "a");
        }
    }
}
