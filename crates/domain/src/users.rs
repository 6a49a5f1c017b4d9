//! Who may enter: the managed users, the platform admin emails, and changes of both that merge with what others change
//! at the same time.
//!
//! The lists stand in the custom resource whole, and a merge patch replaces a list whole. So a change is kept as what it
//! means (add, edit, remove one address) and built afresh on the newest list; it only gives way where somebody changed
//! the same address. Fields of an entry that the contract does not name survive.

use serde_json::{Value, json};

use crate::contract::{Concept, Contract};
use crate::objects::Workload;
use crate::phase::Tone;
use crate::pointer::Pointer;
use crate::rollout::Rollout;
use crate::sort;

/// Who keeps the accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The operator, in the installation's own FusionAuth.
    Managed,
    /// An identity provider outside.
    External,
}

impl Mode {
    /// The installation's mode; `None` where it does not say, or says what the contract does not know.
    pub fn of(contract: &Contract, cr: &Value) -> Option<Self> {
        let word = contract.get(Concept::AuthMode, cr)?.as_str()?;
        let modes =
            [(Self::Managed, &contract.auth_modes.managed), (Self::External, &contract.auth_modes.external)];
        modes.into_iter().find(|(_, known)| *known == word).map(|(mode, _)| mode)
    }

    /// The custom resource's word for it.
    pub fn word(self, contract: &Contract) -> &str {
        match self {
            Self::Managed => &contract.auth_modes.managed,
            Self::External => &contract.auth_modes.external,
        }
    }

    /// What a switch to it does to the accounts that are there.
    pub fn switching(self) -> &'static str {
        match self {
            Self::Managed => {
                "The operator makes accounts in FusionAuth for the users listed here. People who signed in through the identity provider can no longer do so; what they made stays."
            }
            Self::External => {
                "People sign in at the identity provider from then on. The accounts of the users listed here are no longer used; the list stays in the installation and counts again after a switch back."
            }
        }
    }
}

/// A managed user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
    pub admin: bool,
}

impl User {
    fn read(contract: &Contract, item: &Value) -> Option<Self> {
        let keys = &contract.items.users;
        let text = |key: &str| item[key].as_str().unwrap_or_default().to_owned();
        let email = text(&keys.email);
        (!email.is_empty()).then(|| Self {
            email,
            first_name: text(&keys.first_name),
            last_name: text(&keys.last_name),
            admin: item[&keys.admin] == true,
        })
    }

    /// Writes the user over an entry, whose other fields stay.
    fn write(&self, contract: &Contract, item: &mut Value) {
        let keys = &contract.items.users;
        if !item.is_object() {
            *item = json!({});
        }
        item[&keys.email] = self.email.clone().into();
        item[&keys.admin] = self.admin.into();
        for (key, text) in [(&keys.first_name, &self.first_name), (&keys.last_name, &self.last_name)] {
            if !text.is_empty() {
                item[key] = text.clone().into();
            } else if let Some(fields) = item.as_object_mut() {
                fields.remove(key);
            }
        }
    }

    /// The first and last name.
    pub fn name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// A row of the list: a user, and what the operator says became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub user: User,
    /// The operator's word, such as `Active`; `None` where it says nothing.
    pub state: Option<String>,
    pub message: Option<String>,
    /// Not in the list any more: the operator is still removing the account.
    pub leaving: bool,
}

impl Row {
    /// The colour family of the operator's word.
    pub fn tone(&self) -> Tone {
        match self.state.as_deref().unwrap_or_default() {
            "Active" => Tone::Ok,
            "Creating" | "Removing" | "Updating" => Tone::Busy,
            "" => Tone::Unknown,
            _ => Tone::Bad,
        }
    }
}

/// The managed users by email, with those that are on their way out; `None` where the installation has no list.
pub fn rows(contract: &Contract, cr: &Value) -> Option<Vec<Row>> {
    let listed = contract.get(Concept::Users, cr).and_then(Value::as_array);
    let told = contract.get(Concept::StatusUsers, cr).and_then(Value::as_array);
    if listed.is_none() && told.is_none() {
        return None;
    }
    let keys = &contract.items.status_users;
    let text = |item: &Value, key: &str| item[key].as_str().filter(|it| !it.is_empty()).map(str::to_owned);
    let about = |email: &str| {
        told.into_iter().flatten().find(|it| it[&keys.email].as_str().is_some_and(|it| same(it, email)))
    };
    let mut rows: Vec<Row> = Vec::new();
    for user in listed.into_iter().flatten().filter_map(|item| User::read(contract, item)) {
        let told = about(&user.email);
        rows.push(Row {
            state: told.and_then(|it| text(it, &keys.state)),
            message: told.and_then(|it| text(it, &keys.message)),
            user,
            leaving: false,
        });
    }
    for item in told.into_iter().flatten() {
        let Some(email) = text(item, &keys.email) else { continue };
        if !rows.iter().any(|row| same(&row.user.email, &email)) {
            rows.push(Row {
                user: User { email, ..User::default() },
                state: text(item, &keys.state),
                message: text(item, &keys.message),
                leaving: true,
            });
        }
    }
    sort::by(&mut rows, |a, b| a.user.email.to_lowercase().cmp(&b.user.email.to_lowercase()));
    Some(rows)
}

/// The platform admin emails as they stand in the installation.
pub fn admin_emails(contract: &Contract, cr: &Value) -> Vec<String> {
    let list = contract.get(Concept::PlatformAdminEmails, cr).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

/// Whether two addresses are one: the host is case-insensitive by its standard, the name by all that matter.
pub fn same(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// Why an address is none; `None` where it may be one. The rule of the reference: a name, `@`, a host with a dot, no
/// white space, at most 254 characters.
pub fn wrong_email(email: &str) -> Option<&'static str> {
    let email = email.trim();
    let parts = email.split_once('@');
    let valid = parts.is_some_and(|(name, host)| {
        let inner = host.find('.').is_some_and(|at| at > 0) && !host.ends_with('.');
        !name.is_empty() && inner && !host.contains('@')
    });
    if email.is_empty() {
        Some("An email address is needed.")
    } else if email.chars().any(char::is_whitespace) {
        Some("An email address has no white space.")
    } else if !valid {
        Some("An email address looks like name@example.com.")
    } else if email.chars().count() > 254 {
        Some("An email address has at most 254 characters.")
    } else {
        None
    }
}

/// One thing to change. Addresses are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Add(User),
    /// The user of this address becomes that one.
    Edit(String, User),
    Remove(String),
    AddAdmin(String),
    RemoveAdmin(String),
    Mode(Mode),
}

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("{0} is in the list already.")]
    Exists(String),
    #[error("{0} is not in the list any more.")]
    Gone(String),
    #[error("config.json switches `{0}` off.")]
    NoPlace(&'static str),
    #[error("{0}: {1}")]
    Email(String, &'static str),
}

impl Change {
    /// In words: "Add ada@example.com as an admin".
    pub fn words(&self) -> String {
        match self {
            Self::Add(user) if user.admin => format!("Add {} as an admin", user.email),
            Self::Add(user) => format!("Add {}", user.email),
            Self::Edit(email, user) if email == &user.email => format!("Change {email}"),
            Self::Edit(email, user) => format!("Change {email} to {}", user.email),
            Self::Remove(email) => format!("Remove {email}"),
            Self::AddAdmin(email) => format!("Add {email} to the platform admin emails"),
            Self::RemoveAdmin(email) => format!("Remove {email} from the platform admin emails"),
            Self::Mode(Mode::Managed) => "Switch to managed users".to_owned(),
            Self::Mode(Mode::External) => "Switch to an external identity provider".to_owned(),
        }
    }

    /// The field that it changes.
    pub fn concept(&self) -> Concept {
        match self {
            Self::Add(_) | Self::Edit(..) | Self::Remove(_) => Concept::Users,
            Self::AddAdmin(_) | Self::RemoveAdmin(_) => Concept::PlatformAdminEmails,
            Self::Mode(_) => Concept::AuthMode,
        }
    }

    /// The addresses whose entries it changes.
    fn touches(&self) -> Vec<&str> {
        match self {
            Self::Add(user) => vec![&user.email],
            Self::Edit(email, user) => vec![email, &user.email],
            Self::Remove(email) | Self::AddAdmin(email) | Self::RemoveAdmin(email) => vec![email],
            Self::Mode(_) => vec![],
        }
    }
}

/// The fields that carry the changes, as they are to be, built on this resource.
pub fn apply(contract: &Contract, cr: &Value, changes: &[Change]) -> Result<Vec<(Pointer, Value)>, Refused> {
    let mut sets: Vec<(Concept, Value)> = Vec::new();
    for change in changes {
        let concept = change.concept();
        let at = sets.iter().position(|(known, _)| *known == concept).unwrap_or_else(|| {
            let now = contract.get(concept, cr).cloned().unwrap_or(Value::Null);
            sets.push((concept, now));
            sets.len() - 1
        });
        let value = &mut sets[at].1;
        if let Change::Mode(mode) = change {
            *value = mode.word(contract).into();
            continue;
        }
        if !value.is_array() {
            *value = json!([]);
        }
        if let Some(list) = value.as_array_mut() {
            apply_one(contract, list, change)?;
        }
    }
    let place = |(concept, value): (Concept, Value)| {
        let pointer = contract.pointer(concept).cloned().ok_or(Refused::NoPlace(concept.key()))?;
        Ok((pointer, value))
    };
    sets.into_iter().map(place).collect()
}

fn apply_one(contract: &Contract, list: &mut Vec<Value>, change: &Change) -> Result<(), Refused> {
    let find = |list: &[Value], email: &str| {
        list.iter().position(|it| address(contract, it).is_some_and(|it| same(it, email)))
    };
    let checked = |email: &str| match wrong_email(email) {
        Some(why) => Err(Refused::Email(email.to_owned(), why)),
        None => Ok(email.trim().to_owned()),
    };
    let gone = |email: &str| Refused::Gone(email.to_owned());
    match change {
        Change::Add(user) => {
            let user = User { email: checked(&user.email)?, ..user.clone() };
            if find(list, &user.email).is_some() {
                return Err(Refused::Exists(user.email));
            }
            let mut item = Value::Null;
            user.write(contract, &mut item);
            list.push(item);
        }
        Change::Edit(email, user) => {
            let user = User { email: checked(&user.email)?, ..user.clone() };
            let at = find(list, email).ok_or_else(|| gone(email))?;
            if find(list, &user.email).is_some_and(|other| other != at) {
                return Err(Refused::Exists(user.email));
            }
            user.write(contract, &mut list[at]);
        }
        Change::AddAdmin(email) => {
            let email = checked(email)?;
            if find(list, &email).is_some() {
                return Err(Refused::Exists(email));
            }
            list.push(email.into());
        }
        Change::Remove(email) | Change::RemoveAdmin(email) => {
            let at = find(list, email).ok_or_else(|| gone(email))?;
            list.remove(at);
        }
        Change::Mode(_) => {}
    }
    Ok(())
}

/// The address of an entry of either list.
fn address<'a>(contract: &Contract, item: &'a Value) -> Option<&'a str> {
    item.as_str().or_else(|| item[&contract.items.users.email].as_str())
}

/// Whether what the changes touch is the same in both resources: only then may they be built again on the fresh one
/// without asking.
pub fn untouched(contract: &Contract, base: &Value, fresh: &Value, changes: &[Change]) -> bool {
    changes.iter().all(|change| {
        let concept = change.concept();
        let entry = |cr: &Value, email: &str| {
            let list = contract.get(concept, cr).and_then(Value::as_array);
            list.and_then(|list| {
                list.iter().find(|it| address(contract, it).is_some_and(|it| same(it, email)))
            })
            .cloned()
        };
        match change {
            Change::Mode(_) => contract.get(concept, base) == contract.get(concept, fresh),
            _ => change.touches().iter().all(|email| entry(base, email) == entry(fresh, email)),
        }
    })
}

/// What one must know before these changes are made; `None` where nobody is locked out.
pub fn lockout(contract: &Contract, cr: &Value, changes: &[Change]) -> Option<&'static str> {
    let mut after = cr.clone();
    for (pointer, value) in apply(contract, cr, changes).ok()? {
        crate::pointer::apply_merge_patch(&mut after, &pointer.merge_patch(value));
    }
    let admins = |cr: &Value| {
        let users = rows(contract, cr).unwrap_or_default();
        users.iter().filter(|it| it.user.admin && !it.leaving).count() + admin_emails(contract, cr).len()
    };
    (admins(&after) == 0 && admins(cr) > 0).then_some(match Mode::of(contract, &after) {
        Some(Mode::External) => "No platform admin is left: nobody can administer the platform.",
        _ => "This is the last admin: nobody can administer the platform afterwards.",
    })
}

/// The environment variable in which pods have the platform admin emails.
pub const ADMINS_VARIABLE: &str = "PLATFORM_ADMIN_EMAILS";

/// The platform admin emails that a pod template carries; `None` where it carries none in plain words.
pub fn admins_of_pod(spec: &Value) -> Option<String> {
    let containers = spec["containers"].as_array().into_iter().flatten();
    let mut variables = containers.filter_map(|it| it["env"].as_array()).flatten();
    variables.find(|it| it["name"] == ADMINS_VARIABLE)?["value"].as_str().map(str::to_owned)
}

/// Whether running pods have the platform admin emails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mounted {
    /// No workload carries them in plain words.
    Unknown,
    /// All pods of these workloads have them.
    Yes(Vec<String>),
    /// The template of this workload has others: the operator has not got there.
    NotYet(String),
    /// The template has them, and its pods are being replaced.
    Rolling(String),
}

impl Mounted {
    /// Judges by the templates of the workloads that carry the emails and by their rollouts. The operator may add the
    /// managed admins to those that the installation lists, so more than these may be there.
    pub fn of(emails: &[String], workloads: &[Workload], rollouts: &[Rollout]) -> Self {
        let mut have = Vec::new();
        for workload in workloads {
            let Some(carried) = &workload.spec.template.admin_emails else { continue };
            let name = workload.metadata.name.clone();
            if !emails.iter().all(|email| carried.split(',').any(|it| same(it, email))) {
                return Self::NotYet(name);
            }
            let rollout = rollouts.iter().find(|it| it.kind == workload.kind && it.name == name);
            if rollout.is_none_or(|it| !it.complete) {
                return Self::Rolling(name);
            }
            have.push(name);
        }
        if have.is_empty() { Self::Unknown } else { Self::Yes(have) }
    }

    /// In a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::Unknown => format!(
                "No workload carries {ADMINS_VARIABLE} in plain words, so whether its pods have them is not known."
            ),
            Self::Yes(names) => format!("The running pods of {} have them.", names.join(", ")),
            Self::NotYet(name) => {
                format!("The pods of {name} do not have them yet: the operator has not got there.")
            }
            Self::Rolling(name) => format!("The pods of {name} are being replaced by ones that have them."),
        }
    }
}

/// One entry of a pasted text or a CSV file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// From 1.
    pub line: usize,
    pub what: Pasted,
}

/// What becomes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pasted {
    New(User),
    /// In the list already, with another name or other rights.
    Changed(User),
    /// In the list already, just so.
    Same(String),
    /// Twice in the text.
    Twice(String),
    /// Not an address; the text and why.
    Wrong(String, &'static str),
}

impl Entry {
    /// The change that it comes to.
    pub fn change(&self) -> Option<Change> {
        match &self.what {
            Pasted::New(user) => Some(Change::Add(user.clone())),
            Pasted::Changed(user) => Some(Change::Edit(user.email.clone(), user.clone())),
            Pasted::Same(_) | Pasted::Twice(_) | Pasted::Wrong(..) => None,
        }
    }

    /// What it is about.
    pub fn subject(&self) -> &str {
        match &self.what {
            Pasted::New(user) | Pasted::Changed(user) => &user.email,
            Pasted::Same(text) | Pasted::Twice(text) | Pasted::Wrong(text, _) => text,
        }
    }

    /// In words.
    pub fn words(&self) -> String {
        match &self.what {
            Pasted::New(user) if user.admin => "new, an admin".to_owned(),
            Pasted::New(_) => "new".to_owned(),
            Pasted::Changed(_) => "changes the one that is there".to_owned(),
            Pasted::Same(_) => "is there already".to_owned(),
            Pasted::Twice(_) => "is there twice, taken once".to_owned(),
            Pasted::Wrong(_, why) => (*why).to_owned(),
        }
    }
}

/// The columns of a CSV file by what their heads may be called, without regard to case, spaces and underscores.
const COLUMNS: [(&str, &[&str]); 4] = [
    ("email", &["email", "mail", "emailaddress", "address"]),
    ("first", &["firstname", "first", "givenname"]),
    ("last", &["lastname", "last", "surname", "familyname"]),
    ("admin", &["admin", "isadmin", "administrator", "role"]),
];

/// Reads a pasted text: one address a line or several in a row, `Ada Lovelace <ada@example.com>`, or CSV (comma,
/// semicolon or tab) with or without a head, by default email, first name, last name, admin.
pub fn paste(text: &str, existing: &[User]) -> Vec<Entry> {
    let mut columns = vec!["email", "first", "last", "admin"];
    let mut entries: Vec<Entry> = Vec::new();
    let mut first = true;
    for (index, line) in text.lines().enumerate() {
        let cells = cells(line);
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if std::mem::take(&mut first) && !line.contains('@') {
            let heads: Vec<_> = cells.iter().map(|it| column(it)).collect();
            if heads.contains(&"email") {
                columns = heads;
                continue;
            }
        }
        let several = line.matches('@').count() > 1;
        let rows: Vec<Vec<String>> = if several {
            let each = line.split([',', ';', '\t']).map(str::trim).filter(|it| !it.is_empty());
            each.map(|it| vec![it.to_owned()]).collect()
        } else {
            vec![cells]
        };
        for row in rows {
            let alone = row.len() == 1;
            let read = user(&row, if alone { &["email"] } else { &columns }, existing);
            let twice = |email: &str| entries.iter().any(|it| same(it.subject(), email));
            let what = match read {
                Err(why) => Pasted::Wrong(row.join(" "), why),
                Ok(user) if twice(&user.email) => Pasted::Twice(user.email),
                Ok(user) => match existing.iter().find(|it| same(&it.email, &user.email)) {
                    None => Pasted::New(user),
                    Some(known) if *known == user => Pasted::Same(user.email),
                    Some(_) => Pasted::Changed(user),
                },
            };
            entries.push(Entry { line: index + 1, what });
        }
    }
    entries
}

/// The cells of a line, with quotes as CSV has them.
fn cells(line: &str) -> Vec<String> {
    let separator = [';', '\t'].into_iter().find(|it| line.contains(*it)).unwrap_or(',');
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let cell = cells.len() - 1;
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cells[cell].push('"');
            }
            '"' => quoted = !quoted,
            _ if c == separator && !quoted => cells.push(String::new()),
            _ => cells[cell].push(c),
        }
    }
    cells.iter().map(|it| it.trim().to_owned()).collect()
}

fn column(head: &str) -> &'static str {
    let head: String = head.to_lowercase().chars().filter(|it| it.is_alphanumeric()).collect();
    COLUMNS.iter().find(|(_, names)| names.contains(&head.as_str())).map_or("", |(column, _)| column)
}

/// The user of a row; what the row does not say stays as it is for one that is there.
fn user(row: &[String], columns: &[&str], existing: &[User]) -> Result<User, &'static str> {
    let cell = |wanted: &str| {
        let at = columns.iter().position(|it| *it == wanted)?;
        row.get(at).filter(|it| !it.is_empty())
    };
    let address = cell("email").or_else(|| row.iter().find(|it| it.contains('@')));
    let address = address.ok_or("There is no email address.")?;
    let (name, email) = match address.trim_end_matches('>').split_once('<') {
        Some((name, email)) => (name.trim(), email.trim()),
        None => ("", address.as_str()),
    };
    if let Some(why) = wrong_email(email) {
        return Err(why);
    }
    let mut user = match existing.iter().find(|it| same(&it.email, email)) {
        Some(known) => known.clone(),
        None => User { email: email.to_owned(), ..User::default() },
    };
    let (first, last) = name.rsplit_once(' ').unwrap_or((name, ""));
    for (into, named, column) in [(&mut user.first_name, first, "first"), (&mut user.last_name, last, "last")]
    {
        if let Some(text) = cell(column).map(String::as_str).or(Some(named).filter(|it| !it.is_empty())) {
            text.clone_into(into);
        }
    }
    if let Some(admin) = cell("admin") {
        user.admin =
            ["true", "yes", "1", "x", "admin", "administrator"].contains(&admin.to_lowercase().as_str());
    }
    Ok(user)
}

/// The page's first sentence with managed users.
pub fn sentence(rows: &[Row]) -> (String, Tone) {
    let listed: Vec<_> = rows.iter().filter(|it| !it.leaving).collect();
    let admins = listed.iter().filter(|it| it.user.admin).count();
    let users = if listed.len() == 1 { "1 user".to_owned() } else { format!("{} users", listed.len()) };
    let count = match admins {
        0 => format!("{users}, no admin"),
        1 => format!("{users}, 1 of them an admin"),
        _ => format!("{users}, {admins} of them admins"),
    };
    let failed: Vec<_> = rows.iter().filter(|it| it.tone() == Tone::Bad).collect();
    let moving = rows.iter().filter(|it| it.tone() == Tone::Busy).count();
    let unseen = listed.iter().filter(|it| it.state.is_none()).count();
    if let Some(row) = failed.first() {
        let why = row.message.as_deref().unwrap_or("it gives no reason");
        return (format!("{count}. The operator has trouble with {}: {why}.", row.user.email), Tone::Bad);
    }
    if moving > 0 {
        return (format!("{count}. The operator is at work on {moving} of the accounts."), Tone::Busy);
    }
    if unseen > 0 {
        return (format!("{count}. The operator has not told of {unseen} of them yet."), Tone::Busy);
    }
    if listed.is_empty() {
        return ("There are no users yet: nobody can sign in.".to_owned(), Tone::Warn);
    }
    let tone = if admins == 0 { Tone::Warn } else { Tone::Ok };
    (format!("{count}; all accounts are there."), tone)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::objects::{FromObject, WorkloadKind};
    use crate::pointer::apply_merge_patch;

    fn cr() -> Value {
        json!({
            "spec": {"auth": {"mode": "managed", "users": [
                {"email": "ada@x.io", "firstName": "Ada", "lastName": "L", "admin": true, "team": "a"},
                {"email": "bo@x.io"},
            ], "platformAdminEmails": ["Ada@x.io"]}},
            "status": {"users": [
                {"email": "ada@x.io", "state": "Active"},
                {"email": "BO@x.io", "state": "Error", "message": "no mailbox"},
                {"email": "gone@x.io", "state": "Removing"},
            ]},
        })
    }

    fn user(email: &str) -> User {
        User { email: email.to_owned(), ..User::default() }
    }

    fn after(changes: &[Change]) -> Result<Value, Refused> {
        let mut cr = cr();
        for (pointer, value) in apply(&Contract::builtin(), &cr.clone(), changes)? {
            apply_merge_patch(&mut cr, &pointer.merge_patch(value));
        }
        Ok(cr["spec"]["auth"].clone())
    }

    #[test]
    fn rows_tell_what_became_of_each_user() {
        let rows = rows(&Contract::builtin(), &cr()).unwrap();
        let said: Vec<_> = rows
            .iter()
            .map(|it| (it.user.email.as_str(), it.state.as_deref().unwrap_or_default(), it.leaving))
            .collect();
        let expect =
            [("ada@x.io", "Active", false), ("bo@x.io", "Error", false), ("gone@x.io", "Removing", true)];
        assert_eq!(said, expect);
        let words = "2 users, 1 of them an admin. The operator has trouble with bo@x.io: no mailbox.";
        assert_eq!(sentence(&rows), (words.to_owned(), Tone::Bad));
        assert_eq!(sentence(&rows[2..]).1, Tone::Busy);
        assert_eq!(sentence(&rows[..1]).0, "1 user, 1 of them an admin; all accounts are there.");
        assert_eq!(sentence(&[]).1, Tone::Warn);
        assert_eq!(super::rows(&Contract::builtin(), &json!({})), None);
    }

    #[test]
    fn changes_touch_one_address_and_leave_what_the_contract_does_not_name() {
        let admin = User { admin: true, first_name: "Ada".into(), ..user("ADA@x.io") };
        let auth = after(&[Change::Edit("Ada@X.io".into(), admin), Change::Add(user(" cy@x.io "))]).unwrap();
        assert_eq!(
            auth["users"],
            json!([
                {"email": "ADA@x.io", "firstName": "Ada", "admin": true, "team": "a"},
                {"email": "bo@x.io"},
                {"email": "cy@x.io", "admin": false},
            ])
        );
        let auth =
            after(&[Change::Remove("bo@X.io".into()), Change::RemoveAdmin("ada@x.io".into())]).unwrap();
        assert_eq!(
            (auth["users"].as_array().map(Vec::len), &auth["platformAdminEmails"]),
            (Some(1), &json!([]))
        );
        assert_eq!(after(&[Change::Mode(Mode::External)]).unwrap()["mode"], "external");
        let check =
            |change: Change, expect: &str| assert_eq!(after(&[change]).unwrap_err().to_string(), expect);
        check(Change::Add(user("ADA@X.IO")), "ADA@X.IO is in the list already.");
        check(Change::AddAdmin("ada@X.IO".into()), "ada@X.IO is in the list already.");
        check(Change::Edit("bo@x.io".into(), user("ada@x.io")), "ada@x.io is in the list already.");
        check(Change::Remove("no@x.io".into()), "no@x.io is not in the list any more.");
        check(Change::Add(user("no")), "no: An email address looks like name@example.com.");
    }

    #[test]
    fn changes_of_other_addresses_do_not_stand_in_the_way() {
        let contract = Contract::builtin();
        let mut fresh = cr();
        fresh["spec"]["auth"]["users"] = json!([cr()["spec"]["auth"]["users"][0], {"email": "new@x.io"}]);
        let check = |change: Change, expect: bool| {
            assert_eq!(untouched(&contract, &cr(), &fresh, &[change]), expect);
        };
        check(Change::Edit("ada@x.io".into(), user("ada@x.io")), true);
        check(Change::Add(user("cy@x.io")), true);
        check(Change::Remove("bo@x.io".into()), false);
        check(Change::Add(user("NEW@x.io")), false);
        check(Change::Mode(Mode::External), true);
    }

    #[test]
    fn the_last_admin_is_not_removed_unnoticed() {
        let contract = Contract::builtin();
        let mut cr = cr();
        let remove = [Change::Remove("ada@x.io".into())];
        assert_eq!(lockout(&contract, &cr, &remove), None);
        cr["spec"]["auth"]["platformAdminEmails"] = json!([]);
        assert!(lockout(&contract, &cr, &remove).is_some_and(|it| it.contains("last admin")));
        assert!(lockout(&contract, &cr, &[Change::Edit("ada@x.io".into(), user("ada@x.io"))]).is_some());
        assert_eq!(lockout(&contract, &cr, &[Change::Remove("bo@x.io".into())]), None);
    }

    #[test]
    fn addresses_follow_the_reference() {
        for good in ["a@b.c", " a@b.c ", "a.b+c@d.e.f"] {
            assert_eq!(wrong_email(good), None, "{good}");
        }
        for bad in [
            "",
            "a",
            "a@b",
            "@b.c",
            "a@.c",
            "a@b.",
            "a b@c.d",
            "a@b@c.d",
            &format!("a@{}.c", "b".repeat(255)),
        ] {
            assert!(wrong_email(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn pasted_text_is_previewed_line_by_line() {
        let existing = [User { admin: true, first_name: "Ada".into(), ..user("ada@x.io") }];
        let check = |text: &str, expect: &[&str]| {
            let said: Vec<_> = paste(text, &existing)
                .iter()
                .map(|it| format!("{}: {} {}", it.line, it.subject(), it.words()))
                .collect();
            assert_eq!(said, expect);
        };
        check(
            "a@x.io, b@x.io;\n\nADA@x.io\nB@x.io",
            &[
                "1: a@x.io new",
                "1: b@x.io new",
                "3: ada@x.io is there already",
                "4: B@x.io is there twice, taken once",
            ],
        );
        check(
            "Bo Ek <bo@x.io>\nnobody",
            &["1: bo@x.io new", "2: nobody An email address looks like name@example.com."],
        );
        check(
            "Email;First Name;Admin\nbo@x.io;Bo;yes\nada@x.io;Eda;no",
            &["2: bo@x.io new, an admin", "3: ada@x.io changes the one that is there"],
        );
        check(
            "bo@x.io,\"Bo \"\"B\"\", jr\",Ek,true\nx@y,A,B",
            &["1: bo@x.io new, an admin", "2: x@y A B An email address looks like name@example.com."],
        );
        let Pasted::New(bo) = &paste("bo@x.io,\"Bo, jr\",Ek", &[])[0].what else { panic!("new") };
        assert_eq!((bo.first_name.as_str(), bo.last_name.as_str(), bo.admin), ("Bo, jr", "Ek", false));
    }

    #[test]
    fn whether_pods_have_the_admins_is_judged_by_their_template() {
        let workload = |emails: &str, updated: u32| {
            Workload::from_object(&json!({
                "metadata": {"name": "platform", "generation": 1},
                "spec": {"replicas": 1, "template": {"spec": {"containers": [
                    {"name": "main", "env": [{"name": ADMINS_VARIABLE, "value": emails}]}]}}},
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": updated, "availableReplicas": 1},
            }))
        };
        let check = |workloads: &[Workload], expect: Mounted| {
            let rollouts: Vec<_> = workloads.iter().map(|it| Rollout::of(it, None)).collect();
            assert_eq!(Mounted::of(&["a@x.io".into()], workloads, &rollouts), expect);
        };
        check(&[], Mounted::Unknown);
        check(&[Workload { kind: WorkloadKind::StatefulSet, ..Workload::default() }], Mounted::Unknown);
        check(&[workload("b@x.io, A@x.io", 1)], Mounted::Yes(vec!["platform".into()]));
        check(&[workload("b@x.io", 1)], Mounted::NotYet("platform".into()));
        check(&[workload("a@x.io", 0)], Mounted::Rolling("platform".into()));
    }

    proptest! {
        #[test]
        fn any_text_can_be_pasted(text in any::<String>()) {
            let changes: Vec<_> = paste(&text, &[]).iter().filter_map(Entry::change).collect();
            let applied = apply(&Contract::builtin(), &json!({}), &changes);
            prop_assert!(applied.is_ok());
        }
    }
}
