//! The program: starts the app, and says which of its functions are in chunks.
//!
//! A function marked `wasm_split(FILE)` and all that only it reaches goes into FILE, which loads when it is first called;
//! what several files reach and the program does not is shared by them in further ones. Each function here therefore
//! names one of the app's, and nothing else in the program may. There are few files, because each two of them may share
//! one more.

use rootcause_admin::{
    chunks::{Chunks, Loading, NotLoaded},
    pages::{bootstrap, releases, secrets, troubleshooting, users},
    shell::{account, activity, confirm, palette, review, rights},
    ui::View,
};
use wasm_split_helpers::{SplitLoaderError, wasm_split};

type Given<T> = Result<T, SplitLoaderError>;
type Draw = fn() -> View;

#[wasm_split(releases, fallible)]
fn releases() -> Given<Draw> {
    Ok(releases::releases)
}

#[wasm_split(releases, fallible)]
fn backups() -> Given<Draw> {
    Ok(releases::backup::backups)
}

#[wasm_split(releases, fallible)]
fn smoke_tests() -> Given<fn()> {
    Ok(releases::smoke::test_after_operations)
}

#[wasm_split(releases, fallible)]
fn review() -> Given<Draw> {
    Ok(review::review)
}

#[wasm_split(releases, fallible)]
fn confirm() -> Given<Draw> {
    Ok(confirm::confirm)
}

#[wasm_split(releases, fallible)]
fn palette() -> Given<Draw> {
    Ok(palette::palette)
}

#[wasm_split(releases, fallible)]
fn activity() -> Given<Draw> {
    Ok(activity::activity)
}

#[wasm_split(releases, fallible)]
fn account() -> Given<Draw> {
    Ok(account::account)
}

#[wasm_split(releases, fallible)]
fn rights() -> Given<Draw> {
    Ok(rights::rights)
}

#[wasm_split(bootstrap, fallible)]
fn bootstrap() -> Given<Draw> {
    Ok(bootstrap::bootstrap)
}

#[wasm_split(rest, fallible)]
fn secrets() -> Given<Draw> {
    Ok(secrets::secrets)
}

#[wasm_split(rest, fallible)]
fn users() -> Given<Draw> {
    Ok(users::users)
}

#[wasm_split(rest, fallible)]
fn troubleshooting() -> Given<Draw> {
    Ok(troubleshooting::troubleshooting)
}

/// What a split function gives, in the app's terms: the browser's console has the reason of a failure.
fn loading<T>(given: impl Future<Output = Given<T>> + 'static) -> Loading<T> {
    Box::pin(async { given.await.map_err(|_| NotLoaded) })
}

fn main() {
    rootcause_admin::start(Chunks {
        releases: || loading(releases()),
        backups: || loading(backups()),
        bootstrap: || loading(bootstrap()),
        secrets: || loading(secrets()),
        users: || loading(users()),
        troubleshooting: || loading(troubleshooting()),
        review: || loading(review()),
        confirm: || loading(confirm()),
        palette: || loading(palette()),
        activity: || loading(activity()),
        account: || loading(account()),
        rights: || loading(rights()),
        smoke_tests: || loading(smoke_tests()),
    });
}
