//! What stands in a page's place while there is no installation to show: what is so, why, and what to do.

use leptos::prelude::*;
use rootcause_domain::{
    access::{Check, Subject, role_yaml},
    phase::Tone,
    route::{Place, Route},
    sentence,
};

use crate::{
    browser::window,
    live::{Live, Standing},
    session::Session,
    ui::{Button, Command, Kind, Notice, Skeleton, part},
    words::{Problem, ProblemKind},
};

#[component]
pub fn Unavailable(standing: Standing) -> impl IntoView {
    let session = expect_context::<Session>();
    let config = session.config();
    let (name, namespace, kind) = (&config.installation, &config.namespace, &config.kind);
    match standing {
        Standing::Opening | Standing::Open => view! {
            <h1 tabindex="-1">{sentence::loading(namespace, name).words}</h1>
            <Skeleton lines=4 />
        }
        .into_any(),
        Standing::Shut(problem) if problem.kind == ProblemKind::SignedOut => view! {
            <h1 tabindex="-1">"You are signed out."</h1>
            <Trouble problem />
        }
        .into_any(),
        Standing::Shut(problem) => view! {
            <h1 tabindex="-1">{problem.title.clone()}</h1>
            <Trouble problem />
        }
        .into_any(),
        Standing::Forbidden(problem) => view! {
            <h1 tabindex="-1">{format!("You may not see installation {name} in namespace {namespace}.")}</h1>
            <Trouble problem />
        }
        .into_any(),
        Standing::NoKind => view! {
            <h1 tabindex="-1">"The RootCause operator is not installed in this cluster."</h1>
            <div class="unavailable">
                <p>
                    "No custom resource of kind " <code>{kind.clone()}</code>
                    " is known to the API server. Install the operator and its CRD; this page opens by itself then."
                </p>
                <p class="soft">
                    "If your operator's kind has another name, set " <code>"kind"</code> " in " <code>"config.json"</code> "."
                </p>
                <Command text="kubectl get crd".to_owned() caption="To see which kinds the cluster has" />
            </div>
        }
        .into_any(),
        Standing::NoInstallation => view! {
            <h1 tabindex="-1">{format!("There is no installation {name} in namespace {namespace}.")}</h1>
            <div class="unavailable">
                <p>
                    "The cluster knows the kind " <code>{kind.clone()}</code>
                    ", but has no object of this name. Create it, or name another in " <code>"config.json"</code>
                    "; this page opens by itself then."
                </p>
                <Command
                    text=format!("kubectl get {} --all-namespaces", kind.to_ascii_lowercase())
                    caption="To see what installations there are"
                />
            </div>
        }
        .into_any(),
    }
}

/// A problem that keeps the whole page shut.
#[component]
fn Trouble(problem: Problem) -> impl IntoView {
    let live = expect_context::<Live>();
    let session = expect_context::<Session>();
    let Problem { kind, said, advice, .. } = problem;
    let role = move || match &kind {
        ProblemKind::Forbidden(check) => {
            let user = live.user.get()?;
            let namespace = session.config().namespace.clone();
            let checks =
                ["get", "list", "watch"].map(|verb| Check { verb: verb.to_owned(), ..(**check).clone() });
            let yaml = role_yaml(&checks, &Subject::User(user), &namespace);
            Some(
                view! { <Command text=yaml caption="A Role that would grant it, for whoever manages access" /> },
            )
        }
        _ => None,
    };
    view! {
        <div class="unavailable">
            <p>{advice}</p>
            {(!said.is_empty()).then(|| view! {
                <Notice tone=Tone::Warn title="What the server said">
                    <p class="mono">{said}</p>
                </Notice>
            })}
            {part(role)}
            <div class="actions">
                <Button
                    on_press=|()| {
                        // The hash stays, so the place is kept.
                        let _ = window().location().reload();
                    }
                    kind=Kind::Primary
                >
                    "Try again"
                </Button>
            </div>
        </div>
    }
}

/// An address that names no page.
#[component]
pub fn NoPage(path: String) -> impl IntoView {
    view! {
        <h1 tabindex="-1">"There is no such page."</h1>
        <p>
            <code>{path}</code> " is not an address of this app. " <a href=Place::at(Route::Status).hash()>"Go to Status"</a>
        </p>
    }
}
