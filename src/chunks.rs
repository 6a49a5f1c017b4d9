//! The chunks of the app: files of their own, which load when they are first needed.

use std::{future::Future, pin::Pin};

use leptos::prelude::*;
use rootcause_domain::{phase::Tone, route::Route};

use crate::{
    live::{Scope, spawn_scoped},
    reactive::RwSignal,
    ui::{Toasts, View, alert, button, heading, p, part},
};

/// A chunk could not be loaded; the browser's console says why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotLoaded;

/// What a chunk gives, on its way.
pub type Loading<F> = Pin<Box<dyn Future<Output = Result<F, NotLoaded>>>>;

/// Loads a chunk and gives a function of it. Cheap to call again: a file that is there is not loaded twice.
pub type Chunk<F> = fn() -> Loading<F>;

/// A function that draws: a page, or what opens over one.
pub type Drawn = Chunk<fn() -> View>;

/// All of them; a context of the whole app. Nothing else may name the functions that these give: that would put them back
/// into the program itself.
#[derive(Clone, Copy)]
pub struct Chunks {
    pub releases: Drawn,
    pub backups: Drawn,
    pub bootstrap: Drawn,
    pub secrets: Drawn,
    pub users: Drawn,
    pub troubleshooting: Drawn,
    pub review: Drawn,
    pub confirm: Drawn,
    pub palette: Drawn,
    pub activity: Drawn,
    pub account: Drawn,
    pub rights: Drawn,
    pub smoke_tests: Chunk<fn()>,
}

impl Chunks {
    /// The page at `route`, where that is a chunk.
    pub fn page(self, route: &Route) -> Option<Drawn> {
        match route {
            Route::Status | Route::NotFound { .. } => None,
            Route::Releases | Route::Release { .. } | Route::Revision { .. } => Some(self.releases),
            Route::Backups => Some(self.backups),
            Route::Bootstrap => Some(self.bootstrap),
            Route::Secrets { .. } => Some(self.secrets),
            Route::Users => Some(self.users),
            Route::Troubleshooting { .. } => Some(self.troubleshooting),
        }
    }

    /// Loads the page at `route` ahead of its being opened.
    pub fn load_ahead(self, route: &Route) {
        if let Some(page) = self.page(route) {
            // Whoever opens it tries again, and is told where that fails.
            spawn_scoped(async move {
                let _ = page().await;
            });
        }
    }
}

/// The page that `page` gives once it is there. `name` is what the user waits for.
pub fn page(name: &'static str, page: Drawn) -> View {
    let loaded = RwSignal::new(None::<Result<fn() -> View, NotLoaded>>);
    // The button that tries again is gone with its press.
    let scope = StoredValue::new(Scope::here());
    let load = move || scope.get_value().spawn(async move { loaded.set(Some(page().await)) });
    load();
    part(move || match loaded.get() {
        Some(Ok(draw)) => untrack(draw),
        Some(Err(NotLoaded)) => failed(name, move || {
            loaded.set(None);
            load();
        }),
        // Mostly there before the next frame; styles hold the words back for a moment.
        None => View::list([heading(name), p("Loading…").class("soft late").attr("role", "status")]),
    })
}

/// What opens over the page, once it is there; `close` is called where it cannot be had.
pub fn over(over: Drawn, close: impl Fn() + 'static) -> View {
    let toasts = expect_context::<Toasts>();
    let loaded = RwSignal::new(None::<fn() -> View>);
    spawn_scoped(async move {
        match over().await {
            Ok(draw) => loaded.set(Some(draw)),
            Err(NotLoaded) => {
                toasts.say(format!("It could not be opened. {LOST}"));
                close();
            }
        }
    });
    part(move || loaded.get().map(|draw| untrack(draw)))
}

/// What a user should know of a chunk that did not arrive.
const LOST: &str = "A file of this app did not arrive: the connection broke, or a newer version was put in its place. \
                    Nothing was changed in the cluster. Try again, or reload the page.";

fn failed(name: &str, again: impl Fn() + 'static) -> View {
    let words = View::list([p(LOST).into(), View::from(button("Try again").on_press(again))]);
    View::list([heading(name), alert(Tone::Bad, "This page could not be loaded", words)])
}
