//! From an empty page to an open installation: the configuration first, then the session, the watches and the shell.

use std::{cell::Cell, time::Duration};

use leptos::prelude::*;
use rootcause_domain::{
    config::{Config, ConfigError, Embedding},
    route::{Place, Route},
    smoke,
};
use wasm_bindgen::JsCast;
use web_sys::Element;

use crate::{
    browser::{
        clock::Now,
        host::Host,
        http::{self, FileError},
    },
    chunks::Chunks,
    diagnosis::Diagnoses,
    live::{Live, Scope, Standing, sleep, spawn_scoped},
    pages::secrets::rotation::Rotations,
    reactive::{Memo, RwSignal, effect},
    session::{Installations, Session},
    shell::{confirm::Confirms, review::Reviews, shell},
    ui::{Toasts, View, part, show},
    wire::Activity,
};

/// How long the page waits for the first answers before it is drawn without them.
const PATIENCE: Duration = Duration::from_millis(150);

/// Draws the app into `root` until what it gives is called. `host` says where that is.
pub fn mount(
    chunks: Chunks,
    root: &Element,
    embedding: Embedding,
    host: impl FnOnce() -> Host + 'static,
) -> Box<dyn FnOnce()> {
    let place = root.clone();
    // Leptos' own part of it is the reactive owner; there is nothing of its to show.
    let mounted = mount_to(root.clone().unchecked_into(), move || {
        provide_context(chunks);
        provide_context(host());
        let view = app(embedding);
        place.set_text_content(None);
        view.mount(&place);
    });
    let root = root.clone();
    Box::new(move || {
        drop(mounted);
        root.set_text_content(None);
    })
}

/// The configuration as it was found.
#[derive(Clone, PartialEq)]
struct Found {
    installations: Vec<Config>,
    /// Why the file's content is not used.
    problem: Option<String>,
}

fn app(embedding: Embedding) -> View {
    Toasts::provide();
    Reviews::provide();
    Confirms::provide();
    let host = expect_context::<Host>();
    // On its way while the configuration is.
    expect_context::<Chunks>().load_ahead(&Place::parse(&host.route.get_untracked()).route);
    let found = RwSignal::new(None::<Found>);
    spawn_scoped(async move {
        let config = match http::file(&host.file("config.json")).await {
            Ok(bytes) => Config::parse(&bytes).map_err(|error: ConfigError| error.to_string()),
            Err(FileError::Absent) => Ok(vec![Config::default()]),
            Err(FileError::Failed(words)) => Err(format!("config.json could not be read: {words}")),
        };
        let config = config.and_then(|it| embedding.applied_to(it));
        found.set(Some(match config {
            Ok(installations) => Found { installations, problem: None },
            Err(problem) => Found { installations: vec![Config::default()], problem: Some(problem) },
        }));
    });
    part(move || found.get().map(opened))
}

/// The app once its configuration is known. Another installation, or another user, is another client with watches of
/// its own: all of it is drawn anew, and the page itself stays.
fn opened(found: Found) -> View {
    let now = Now::start();
    provide_context(now);
    let host = expect_context::<Host>();
    Activity::provide(host);
    let installations = Installations::provide(host, found.installations);
    let problem = found.problem;
    part(move || {
        let chosen = installations.chosen();
        // Whatever else is read while the page is drawn must not draw all of it anew.
        untrack(|| {
            let session = Session::provide(chosen);
            let live = Live::provide(session, now);
            Diagnoses::provide();
            Rotations::provide();
            test_version_changes(session, live);
            let navigation = Navigation::provide(host);
            tell(host, live, navigation);
            host.allow_frames(session.config().framed_by.clone());
            let (ready, problem) = (ready(live), problem.clone());
            show(move || ready.get(), move |ready| ready.then(|| shell(problem.clone())))
        })
    })
}

/// Whether it is time to draw: the installation is read, or known to be none, or that takes longer than one likes to look at
/// an empty page. To draw first what is not there yet would take as long as the answers do.
fn ready(live: Live) -> RwSignal<bool> {
    let ready = RwSignal::new(false);
    effect(move || {
        if live.standing.get() != Standing::Opening {
            ready.set(true);
        }
    });
    spawn_scoped(async move {
        sleep(PATIENCE).await;
        ready.set(true);
    });
    ready
}

/// Tells whoever embeds the app where one is in it and how the installation is.
fn tell(host: Host, live: Live, navigation: Navigation) {
    host.tell_changes("navigated", move || Some([("route", navigation.place().hash())]));
    host.tell_changes("phase-changed", move || {
        live.installation.with(|it| {
            let it = it.as_ref()?;
            let version = it.deployed_version.clone().unwrap_or_default();
            Some([("phase", it.phase.word().to_owned()), ("version", version)])
        })
    });
}

/// Has version changes tested from the first one on that may be due.
fn test_version_changes(session: Session, live: Live) {
    let tests = expect_context::<Chunks>().smoke_tests;
    let due = Memo::new(move || {
        live.operation.with(|it| it.as_ref().is_some_and(|it| smoke::due(it, session.server_now())))
    });
    let (scope, begun) = (Scope::here(), Cell::new(false));
    effect(move || {
        if !due.get() || begun.replace(true) {
            return;
        }
        let owner = scope.clone();
        // Not the effect's: that ends when the test is due no more.
        scope.spawn(async move {
            // What has not arrived tests nothing: the button on Releases says why.
            if let Ok(test) = tests().await {
                owner.with(test);
            }
        });
    });
}

/// Where the user is, by the address's hash.
#[derive(Clone, Copy)]
pub struct Navigation(Memo<Place>, Host);

impl Navigation {
    /// Follows the address; keeps the title and, on a change of page, the focus with it.
    fn provide(host: Host) -> Self {
        let navigation = Self(Memo::new(move || Place::parse(&host.route.get())), host);
        let name = Memo::new(move || navigation.page());
        let first = Cell::new(true);
        effect(move || {
            host.set_title(&match name.get() {
                Some(name) => format!("{name} · RootCause Admin"),
                None => "RootCause Admin".to_owned(),
            });
            // Not on the first page: a fresh document starts at its top anyway.
            if !first.replace(false) {
                request_animation_frame(move || host.focus_heading());
            }
        });
        provide_context(navigation);
        navigation
    }

    pub fn place(self) -> Place {
        self.0.get()
    }

    pub fn place_untracked(self) -> Place {
        self.0.get_untracked()
    }

    /// The name of the page that is shown, as the rail has it.
    pub fn page(self) -> Option<&'static str> {
        match self.0.get().route {
            Route::Status => Some("Status"),
            Route::Backups => Some("Backups"),
            Route::Releases | Route::Release { .. } | Route::Revision { .. } => Some("Releases"),
            Route::Bootstrap => Some("Bootstrap"),
            Route::Secrets { .. } => Some("Secrets"),
            Route::Users => Some("Users"),
            Route::Troubleshooting { .. } => Some("Troubleshooting"),
            Route::NotFound { .. } => None,
        }
    }

    pub fn go(self, place: &Place) {
        self.1.go(&place.hash());
    }

    /// Changes the address without an entry in the tab's history.
    pub fn replace(self, place: &Place) {
        self.1.replace(&place.hash());
    }
}
